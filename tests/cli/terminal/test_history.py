"""The history file belongs to its owner."""

from __future__ import annotations

import stat
from pathlib import Path

from sqlwright.cli.terminal.history import MOST_BYTES, PrivateHistory, history_path


def kept(path):
    return list(PrivateHistory(path).load_history_strings())


def test_only_its_owner_can_read_it(tmp_path):
    path = tmp_path / "folder" / "history"
    PrivateHistory(path).append_string("how many customers")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert kept(path) == ["how many customers"]


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path):
    path = tmp_path / "history"
    path.write_text("")
    path.chmod(0o644)
    PrivateHistory(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_passwords_of_urls_are_not_kept(tmp_path):
    path = tmp_path / "history"
    PrivateHistory(path).append_string("\\use postgresql://ann:secret@host/db")
    assert "secret" not in path.read_text()
    assert kept(path) == ["\\use postgresql://ann:***@host/db"]


def test_a_long_file_loses_its_older_half_and_keeps_whole_entries(tmp_path):
    path = tmp_path / "history"
    history = PrivateHistory(path)
    for number in range(5):
        history.append_string(f"{number} " + "x" * (MOST_BYTES // 4) + "\nsecond line")
    found = kept(path)
    assert 0 < len(found) < 5
    assert all(entry.endswith("\nsecond line") for entry in found)
    assert found[0].startswith("4 ")  # the newest comes first
    assert path.stat().st_size <= MOST_BYTES


def test_the_environment_names_another_file_or_none(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_HISTORY", "off")
    assert history_path() is None
    monkeypatch.setenv("SQLWRIGHT_HISTORY", str(tmp_path / "h"))
    assert history_path() == tmp_path / "h"
    monkeypatch.delenv("SQLWRIGHT_HISTORY")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert history_path() == Path(tmp_path) / "sqlwright" / "shell_history"
