"""Every package's public face is explicit: what `__all__` names exists, and is in order."""

from __future__ import annotations

import importlib
import pkgutil

import pytest

import sqlwright

PACKAGES = sorted(m.name for m in pkgutil.walk_packages(sqlwright.__path__, "sqlwright.") if m.ispkg)


@pytest.mark.parametrize("name", PACKAGES)
def test_all_names_exist(name):
    module = importlib.import_module(name)
    for public in getattr(module, "__all__", []):
        assert hasattr(module, public), f"{name}.{public}"
