"""Rows of a data set on the Hugging Face hub or on ModelScope, streamed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from ..core import DataError, MissingExtraError
from .rows import Row

PREFIXES = ("hf:", "modelscope:")
DEFAULT_SPLIT = "train"


def read_hub_rows(source: str, split: str | None = None) -> Iterator[Row | DataError]:
    """Rows of `hf:owner/name[@revision]` or `modelscope:owner/name[@revision]`.

    Raises MissingExtraError where the hub's library is not installed, DataError where it gives nothing.
    """
    hub, _, rest = source.partition(":")
    name, _, revision = rest.partition("@")
    load = _load_hugging_face if hub == "hf" else _load_modelscope
    number = 0
    try:
        for number, fields in enumerate(load(name, revision or None, split or DEFAULT_SPLIT)):
            yield Row(dict(fields), number)
    except (OSError, ValueError, RuntimeError) as error:  # what both libraries raise for names, splits and networks
        raise DataError(f"row {number}: the hub gave an error: {error}", path=source) from error


def _load_hugging_face(name: str, revision: str | None, split: str) -> Iterable[Any]:
    try:
        from datasets import load_dataset
    except ImportError:
        raise MissingExtraError("Reading from the Hugging Face hub needs the datasets library.", "hub") from None
    rows: Iterable[Any] = load_dataset(name, split=split, revision=revision, streaming=True)
    return rows


def _load_modelscope(name: str, revision: str | None, split: str) -> Iterable[Any]:
    try:
        from modelscope.msdatasets import MsDataset
    except ImportError:
        raise MissingExtraError("Reading from ModelScope needs the modelscope library.", "hub") from None
    rows: Iterable[Any] = MsDataset.load(name, split=split, version=revision or "master", use_streaming=True)
    return rows
