"""Semantic models that were written for other tools: dbt (MetricFlow), Cube and Apache Ossie (formerly OSI)."""

from .load import import_meaning

__all__ = ["import_meaning"]
