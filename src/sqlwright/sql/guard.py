"""The guard: every reason not to run a statement that a model wrote."""

from __future__ import annotations

from dataclasses import dataclass

from ..core import Dialect, Violation


@dataclass(frozen=True, slots=True)
class Policy:
    """What a statement may touch.

    `functions` are lower-case names; `tables` are full names, or None for any table that is not the engine's own.
    """

    dialect: Dialect
    functions: frozenset[str]
    tables: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class Checked:
    """The guard's verdict. `sql` is the text to run: what was checked and nothing else; "" where it is refused."""

    sql: str
    violations: tuple[Violation, ...] = ()


def check(sql: str, policy: Policy) -> Checked:
    """Every reason not to run `sql`; no violations means one read-only query on `policy.tables`."""
    return Checked("", (Violation("not_ready", "The guard is not written yet."),))
