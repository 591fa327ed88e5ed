"""The protocol of a database engine: a read-only connection inside limits."""

from __future__ import annotations

from typing import Protocol

from ..core import Checked, Dialect, Outcome, QueryLimits, Schema


class Engine(Protocol):
    """One database, opened read-only and locked as far as the engine allows.

    `execute` is the engine layer alone: it enforces limits and refuses writes by the engine's own means. It takes no
    text, only a `Checked`: what the guard allowed, or `Checked.trusted`.
    """

    dialect: Dialect
    name: str  # the db_id: a file's stem or the database's name
    location: str  # tells two databases of one name apart: a path, or host, port and name; never a login

    def introspect(self, *, row_counts: bool = False, samples: int = 0) -> Schema:
        """Tables, views, columns, keys, comments; on request row counts and up to `samples` values a column."""
        ...

    def functions(self) -> frozenset[str]:
        """Lower-case names of the functions that the engine's own catalogue calls free of side effects."""
        ...

    def execute(self, statement: Checked, limits: QueryLimits) -> Outcome:
        """Run one statement. Never raises for what the statement does: see `Outcome`.

        Calls from several threads wait for each other. Ctrl-C stops the engine and raises KeyboardInterrupt.
        """
        ...

    def interrupt(self) -> None:
        """Stop the statement that another thread has in `execute`; its Outcome is an error. Else do nothing."""
        ...

    def again(self) -> Engine:
        """Another connection to the same database, for a second statement at the same time. Raises ConnectError."""
        ...

    def close(self) -> None: ...
