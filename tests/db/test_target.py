"""What `open_database` takes, and what it says when it cannot."""

from __future__ import annotations

import pytest

from sqlwright.core import ConnectError, NotFoundError, QueryLimits, UsageError
from sqlwright.db import open_database


def test_a_sqlite_file_opens_by_its_header_whatever_its_name(shop):
    renamed = shop.rename(shop.with_name("shop.duckdb"))
    with open_database(renamed) as database:
        assert (database.dialect, database.name) == ("sqlite", "shop")
        assert database.engine.execute("SELECT count(*) FROM item", QueryLimits()).table.rows == ((3,),)


def test_a_missing_file_is_not_made(tmp_path):
    with pytest.raises(NotFoundError):
        open_database(tmp_path / "none.sqlite")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("content", "error"), [(b"", ConnectError), (b"hello", UsageError)])
def test_a_file_that_is_no_database_is_named_as_such(tmp_path, content, error):
    (tmp_path / "x.sqlite").write_bytes(content)
    with pytest.raises(error, match=r"x\.sqlite"):
        open_database(tmp_path / "x.sqlite")
