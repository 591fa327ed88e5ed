"""Why a result is empty: which condition, pair of conditions or join removed the last row.

Found by leaving conditions out one at a time and counting, through the same guard as the query itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from ..core import Dialect, Language, Outcome, QueryLimits
from ..core.words import listed, say
from ..sql.describe import conjuncts, parsed
from ..sql.phrases import Phrases

if TYPE_CHECKING:
    from sqlglot import exp

MAX_QUERIES = 6
BUDGET_S = 1.0  # for all of them together

Run = Callable[[str, QueryLimits], Outcome]


def why_empty(
    sql: str, dialect: Dialect, run: Run, language: Language = "en", *, clock: Callable[[], float] = time.monotonic
) -> str:
    """One sentence; a plain one where nothing can be told within MAX_QUERIES and BUDGET_S.

    `sql` gave no row; `run` is to check and limit each statement.
    """
    from sqlglot import exp

    tree = parsed(sql, dialect)
    plain = say("empty", language)
    if not isinstance(tree, exp.Select) or tree.args.get("from_") is None:
        return plain
    count = _Counter(tree, dialect, run, clock)
    words = Phrases(tree, dialect, language)
    try:
        return (
            _group_to_blame(count, words) or _condition_to_blame(count, words) or _table_to_blame(count, words) or plain
        )
    except _BudgetSpentError:
        return plain


class _BudgetSpentError(Exception):
    """No further query may run, or one did not give a number."""


class _Counter:
    """Counts the rows that the tables of a query have under some of its conditions."""

    def __init__(self, tree: exp.Select, dialect: Dialect, run: Run, clock: Callable[[], float]) -> None:
        self.tree, self.dialect = tree, dialect
        self._run, self._clock = run, clock
        self._until, self._left = clock() + BUDGET_S, MAX_QUERIES
        words = Phrases(tree, dialect)
        where = tree.args.get("where")
        every = list(conjuncts(where.this)) if where is not None else []
        self.conditions = [c for c in every if words.condition(c)]
        self._joining = [c for c in every if not words.condition(c)]

    def rows(self, conditions: Sequence[exp.Expr]) -> int:
        """Raises _BudgetSpentError."""
        from sqlglot import exp

        query = self.tree.copy()
        for clause in ("distinct", "group", "having", "order", "limit", "offset", "where"):
            query.set(clause, None)
        query.set("expressions", [exp.Count(this=exp.Star())])
        kept = [c.copy() for c in [*self._joining, *conditions]]
        return self.count(query.where(*kept, copy=False) if kept else query)

    def count(self, query: exp.Expr) -> int:
        """The number that `query` gives. Raises _BudgetSpentError."""
        left_s = self._until - self._clock()
        if self._left == 0 or left_s <= 0:
            raise _BudgetSpentError
        self._left -= 1
        outcome = self._run(query.sql(dialect=self.dialect), QueryLimits(timeout_s=left_s, max_rows=1))
        if outcome.table is None or not isinstance(found := outcome.table.rows[0][0], int):
            raise _BudgetSpentError
        return found


def _group_to_blame(count: _Counter, words: Phrases) -> str:
    """HAVING, where rows pass WHERE."""
    having = count.tree.args.get("having")
    if having is None or not (rows := count.rows(count.conditions)):
        return ""
    phrase = listed([words.condition(c) for c in conjuncts(having.this)], words.language)
    return say("empty_groups", words.language, a=phrase, n=f"{rows:,}")


def _condition_to_blame(count: _Counter, words: Phrases) -> str:
    conditions = count.conditions
    without = {
        i: rows for i, _ in enumerate(conditions[: MAX_QUERIES - 2]) if (rows := count.rows(_but(conditions, i)))
    }
    if len(without) == 1:
        ((i, rows),) = without.items()
        return say("empty_one", words.language, a=words.condition(conditions[i]), n=f"{rows:,}")
    if without:
        never = [words.condition(conditions[i]) for i in without]
        return say("empty_together", words.language, a=reduce(lambda a, b: say("and", words.language, a=a, b=b), never))
    if len(conditions) < 2 or not count.rows(()):
        return ""
    # Several remove all rows each: those that no row meets.
    alone = [words.condition(c) for c in conditions[:2] if not count.rows((c,))]
    return say("empty_each", words.language, a=listed(alone, words.language)) if alone else ""


def _table_to_blame(count: _Counter, words: Phrases) -> str:
    """A table without rows, or a join in which no row meets another. The tables have no row without any condition."""
    from sqlglot import exp

    sources = [s.this for s in (count.tree.args["from_"], *(count.tree.args.get("joins") or []))]
    names = list(dict.fromkeys(s.name for s in sources if isinstance(s, exp.Table)))
    if not names or len(names) < len(sources):
        return ""
    for source in sources[: MAX_QUERIES - 2]:
        bare = source.copy()
        bare.set("alias", None)
        if not count.count(exp.select(exp.Count(this=exp.Star())).from_(bare)):
            return say("empty_table", words.language, a=source.name)
    return say("empty_join", words.language, a=listed(names, words.language)) if len(names) > 1 else ""


def _but(conditions: Sequence[exp.Expr], place: int) -> list[exp.Expr]:
    return [c for i, c in enumerate(conditions) if i != place]
