"""The settings file: what it may say, what takes precedence over it, and that it never holds a password."""

from __future__ import annotations

import pytest

from sqlwright.core import ConfigError, UsageError
from sqlwright.settings import Connection, Settings, is_name, read_settings, setting, settings_path, write_settings


@pytest.fixture
def file(tmp_path, monkeypatch):
    path = tmp_path / "new folder" / "config.yaml"
    monkeypatch.setenv("SQLWRIGHT_CONFIG", str(path))
    return path


def test_what_is_written_is_read_again_and_only_its_owner_can_read_it(file):
    assert read_settings() == Settings()
    settings = Settings(
        {"database": "shop", "timeout": 2.5, "max_rows": 7, "language": "zh"},
        {"shop": Connection("postgresql://reader@db/shop", in_keyring=True), "店": Connection("/tmp/a b.sqlite")},
    )
    write_settings(settings)
    assert read_settings() == settings
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in file.parent.iterdir()] == ["config.yaml"]


def test_the_environment_takes_precedence_over_the_file(file, monkeypatch):
    write_settings(Settings({"database": "shop", "timeout": 5}))
    assert (setting("database"), setting("timeout"), setting("model")) == ("shop", 5, None)
    monkeypatch.setenv("SQLWRIGHT_DATABASE", "other.sqlite")
    monkeypatch.setenv("SQLWRIGHT_TIMEOUT", "")
    assert (setting("database"), setting("timeout")) == ("other.sqlite", 5)


def test_a_link_to_the_file_stays_a_link(file, tmp_path):
    target = tmp_path / "elsewhere.yaml"
    file.parent.mkdir()
    file.symlink_to(target)
    write_settings(Settings({"database": "shop"}))
    assert file.is_symlink()
    assert "shop" in target.read_text()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("databse: shop", "Unknown setting 'databse'. Did you mean 'database'?"),
        ("timeout: 0", "timeout: expected a number of seconds above 0"),
        ("timeout: nan", "timeout: expected a number of seconds above 0"),
        ("max_rows: -1", "max_rows: expected a whole number above 0"),
        ("language: fr", "language: expected one of en, zh, found 'fr'"),
        ("a: [", "not valid YAML, line 1"),
        ("- 1", "expected lines such as"),
        ("connections: 3", "connections: expected lines such as"),
        ("connections: {a b: x.sqlite}", "a connection's name has letters, digits, _ and -, found 'a b'"),
        ("connections: {a: {url: x, password: secret}}", "A password does not belong in this file"),
        ("connections: {a: {url: 'mysql://x:secret@h/a'}}", "A password does not belong in this file"),
        ("connections: {a: 'mysql://x:secret@h/a'}", "A password does not belong in this file"),
        ("database: mysql://x:secret@h/a", "A password does not belong in this file"),
        ("x: !!python/object/apply:os.system [true]", "not valid YAML"),
    ],
)
def test_a_file_that_cannot_be_read_is_an_error_that_says_where(file, text, said):
    file.parent.mkdir()
    file.write_text(text)
    with pytest.raises(ConfigError) as error:
        read_settings()
    assert str(file) in str(error.value)
    assert said in str(error.value)
    assert "secret" not in str(error.value)


def test_without_a_file_nothing_is_read_or_written(monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_CONFIG", "off")
    assert settings_path() is None
    assert read_settings() == Settings()
    with pytest.raises(UsageError, match="SQLWRIGHT_CONFIG is off"):
        write_settings(Settings())


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("shop", True),
        ("my-shop_2", True),
        ("店", True),
        ("2nd", False),
        ("a.sqlite", False),
        ("./shop", False),
        ("", False),
    ],
)
def test_a_name_is_never_a_path_with_a_folder_or_an_ending(text, is_one):
    assert is_name(text) == is_one
