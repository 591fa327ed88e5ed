"""A statement that may be sent to a database. `Engine.execute` takes nothing else.

Only `sql.guard.check` and `Checked.trusted` make one, so mypy shows where an unchecked text would reach a connection.
`tests/db/test_checked.py` lists every use of `Checked.trusted`.
"""

from __future__ import annotations

from dataclasses import InitVar, dataclass, field
from typing import TYPE_CHECKING, Literal

from .dialect import Dialect
from .result import Violation

if TYPE_CHECKING:
    from sqlglot import exp

_SEAL = object()


@dataclass(frozen=True, slots=True)
class Checked:
    """`sql` is the text to send: exactly what the guard checked.

    `tree` is that text as it was parsed, so that later steps need not parse it again. It is shared: copy it before you
    change it. It is None for a text that was checked in another process (`sql/apart.py`) and for a trusted one.
    `dialect` is the guard's, None for a trusted text. `why` says why a text is trusted, "" where the guard allowed it.
    """

    sql: str
    dialect: Dialect | None
    tree: exp.Expr | None = field(repr=False, compare=False)
    why: str
    seal: InitVar[object]

    def __post_init__(self, seal: object) -> None:
        if seal is not _SEAL:
            raise TypeError("A Checked is made by sql.guard.check, or by Checked.trusted(sql, why).")

    def __reduce__(self) -> tuple[object, ...]:
        """Between processes the text alone is sent: pickling a deep tree would exceed the recursion limit."""
        return _received, (self.sql, self.dialect, self.why)

    @classmethod
    def trusted(cls, sql: str, why: str) -> Checked:
        """A statement that the guard has not seen: one of our own, or a gold query, which a person wrote.

        Never pass text that a model wrote. Names in `sql` must be quoted by `quote_identifier`. Raises ValueError
        without a reason.
        """
        if not why:
            raise ValueError("Say why the statement is trusted.")
        return cls(sql, None, None, why, _SEAL)

    @property
    def allowed(self) -> Literal[True]:
        return True

    @property
    def violations(self) -> tuple[Violation, ...]:
        return ()


@dataclass(frozen=True, slots=True)
class Refused:
    """A statement that the guard refused, with at least one violation. It has no text to send."""

    violations: tuple[Violation, ...]

    @property
    def allowed(self) -> Literal[False]:
        return False

    @property
    def sql(self) -> Literal[""]:
        return ""


def by_guard(sql: str, dialect: Dialect, tree: exp.Expr) -> Checked:
    """What the guard allowed. Only `sql/guard.py` calls it."""
    return Checked(sql, dialect, tree, "", _SEAL)


def _received(sql: str, dialect: Dialect | None, why: str) -> Checked:
    """A Checked that another process of ours sent."""
    return Checked(sql, dialect, None, why, _SEAL)
