"""`core.atomic`: a file is there whole or not at all, and every refusal is one sentence."""

from __future__ import annotations

import errno
import os
import stat

import pytest

from sqlwright.core import SqlwrightError, UsageError
from sqlwright.core.atomic import atomic_file, atomic_text, cannot_write


@pytest.mark.parametrize("fsync", [True, False])
def test_the_new_text_replaces_the_old_one_at_the_end(tmp_path, fsync):
    path = tmp_path / "new" / "folder" / "a.txt"
    for text in ("one", "二\n"):
        before = path.read_bytes() if path.exists() else None
        with atomic_text(path, fsync=fsync) as file:
            file.write(text)
            assert (path.read_bytes() if path.exists() else None) == before
        assert path.read_bytes() == text.encode()
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("error", [KeyError("x"), KeyboardInterrupt(), FileNotFoundError(2, "No such file", "y")])
def test_an_error_of_the_block_passes_and_leaves_the_old_file(tmp_path, error):
    path = tmp_path / "a.txt"
    path.write_text("old")

    def write():
        with atomic_text(path) as file:
            file.write("new")
            raise error

    with pytest.raises(type(error)) as raised:
        write()
    assert raised.value is error
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_two_writers_of_one_file_do_not_mix(tmp_path):
    path = tmp_path / "a.txt"
    with atomic_text(path) as first, atomic_text(path) as second:
        first.write("first")
        second.write("second")
    assert path.read_text() == "first"  # the outer block ends last


def test_rights_are_those_of_a_new_file_or_the_owners_alone(tmp_path):
    def mode(path):
        return stat.S_IMODE(path.stat().st_mode)

    (tmp_path / "plain").touch()
    with atomic_file(tmp_path / "open"), atomic_file(tmp_path / "own", private=True):
        pass
    assert mode(tmp_path / "open") == mode(tmp_path / "plain")
    assert mode(tmp_path / "own") == 0o600


def test_a_long_name_can_be_written(tmp_path):
    path = tmp_path / ("表" * 84)  # 252 bytes; a file name has at most 255
    with atomic_text(path) as file:
        file.write("x")
    assert path.read_text() == "x"


def test_a_place_that_cannot_be_written_is_a_usage_error(tmp_path):
    (tmp_path / "file").touch()
    with (
        pytest.raises(UsageError, match=r"Cannot write '.*file/a': Not a directory\. Check"),
        atomic_text(tmp_path / "file" / "a"),
    ):
        pytest.fail("the block does not start")
    (tmp_path / "folder").mkdir()
    with pytest.raises(UsageError, match="Is a directory"), atomic_text(tmp_path / "folder"):
        pass
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder"]


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EFBIG])
def test_a_full_disk_is_no_mistake_of_the_call(tmp_path, number):
    with pytest.raises(SqlwrightError, match="Cannot write") as raised, atomic_file(tmp_path / "a"):
        raise OSError(number, os.strerror(number))
    assert not isinstance(raised.value, UsageError)
    assert ("full" in raised.value.hint) == (number == errno.ENOSPC)
    assert list(tmp_path.iterdir()) == []
    assert isinstance(cannot_write("a", PermissionError(errno.EACCES, "Permission denied")), UsageError)
