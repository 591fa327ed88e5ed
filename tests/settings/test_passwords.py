"""Passwords in the keyring. `keyring` is an optional package: a module of its interface is in its place here."""

from __future__ import annotations

import sys
from types import ModuleType

import pytest

from sqlwright.core import UsageError
from sqlwright.settings.passwords import forget_password, has_keyring, keep_password, kept_password

URL = "postgresql://reader@db/shop"


class Locked:
    """A backend's name says whether it encrypts."""


class PlaintextKeyring:
    pass


def install(monkeypatch, backend):
    """The functions of `keyring`, over a dict; returns the dict."""
    kept = {}
    keyring, errors = ModuleType("keyring"), ModuleType("keyring.errors")
    keyring.__spec__ = errors.__spec__ = type(sys.__spec__)("keyring", None)
    errors.KeyringError = type("KeyringError", (Exception,), {})
    keyring.get_keyring = lambda: backend
    keyring.set_password = lambda service, name, password: kept.update({(service, name): password})
    keyring.get_password = lambda service, name: kept.get((service, name))
    keyring.delete_password = lambda service, name: kept.pop((service, name))
    keyring.errors = errors
    monkeypatch.setitem(sys.modules, "keyring", keyring)
    monkeypatch.setitem(sys.modules, "keyring.errors", errors)
    return kept


def test_a_password_is_kept_for_its_url_alone(monkeypatch):
    kept = install(monkeypatch, Locked())
    keep_password(URL, "s3cret")
    assert kept == {("sqlwright", URL): "s3cret"}
    assert kept_password(URL) == "s3cret"
    assert kept_password("postgresql://reader@other/shop") is None
    forget_password(URL)
    forget_password(URL)
    assert kept == {}


def test_a_keyring_that_does_not_encrypt_gets_no_password(monkeypatch):
    chain = Locked()
    chain.backends = [PlaintextKeyring()]
    for backend in (PlaintextKeyring(), chain):
        kept = install(monkeypatch, backend)
        with pytest.raises(UsageError, match="PlaintextKeyring does not encrypt"):
            keep_password(URL, "s3cret")
        assert kept == {}


def test_a_keyring_that_fails_is_an_error_in_one_sentence(monkeypatch):
    install(monkeypatch, Locked())
    keyring = sys.modules["keyring"]

    def fails(*_):
        raise keyring.errors.KeyringError("no\nbackend")

    keyring.get_password = fails
    with pytest.raises(UsageError, match="cannot be used: no backend"):
        kept_password(URL)


def test_without_the_package_there_is_no_place_for_a_password(monkeypatch):
    monkeypatch.setitem(sys.modules, "keyring", None)
    assert not has_keyring()
    with pytest.raises(UsageError, match="pip install keyring"):
        keep_password(URL, "s3cret")
