"""Why a result is empty: which condition, pair of conditions or join removed the last row.

Found by leaving conditions out one at a time and counting, through the same guard as the query itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import reduce
from typing import TYPE_CHECKING

from ..core import Dialect, Language, QueryLimits
from ..core.words import listed, say
from ..inference import Run
from ..sql.describe import Query, conjuncts, parsed
from ..sql.phrases import Phrases

if TYPE_CHECKING:
    from sqlglot import exp

MAX_QUERIES = 6
BUDGET_S = 1.0  # for all of them together


def why_empty(
    query: Query, dialect: Dialect, run: Run, language: Language = "en", *, clock: Callable[[], float] = time.monotonic
) -> str:
    """One sentence; a plain one where nothing can be told within MAX_QUERIES and BUDGET_S.

    `query` gave no row; `run` is to check and limit each statement.
    """
    tree = parsed(query, dialect)
    plain = say("empty", language)
    if tree is None:
        return plain
    try:
        return _why(tree, _Counter(dialect, run, clock), language) or plain
    except _BudgetSpentError:
        return plain


def _why(tree: exp.Expr, counter: _Counter, language: Language) -> str:
    from sqlglot import exp

    if isinstance(tree, (exp.Except, exp.Intersect)):
        sides = (tree.left,) if isinstance(tree, exp.Except) else (tree.left, tree.right)
        for side in sides:
            if not counter.rows_of(side):
                return _why(side, counter, language)
        return say("empty_except" if isinstance(tree, exp.Except) else "empty_intersect", language)
    if not isinstance(tree, exp.Select) or tree.args.get("from_") is None:
        return ""
    query = _Query(tree, counter, language)
    return _group_to_blame(query) or _condition_to_blame(query) or _table_to_blame(query)


class _BudgetSpentError(Exception):
    """No further query may run, or one did not give a number."""


class _Counter:
    """Counts rows, as long as MAX_QUERIES and BUDGET_S last."""

    def __init__(self, dialect: Dialect, run: Run, clock: Callable[[], float]) -> None:
        self.dialect = dialect
        self._run, self._clock = run, clock
        self._until, self._left = clock() + BUDGET_S, MAX_QUERIES

    def rows_of(self, query: exp.Expr) -> int:
        """How many rows `query` has. Raises _BudgetSpentError."""
        from sqlglot import exp

        return self.number(exp.select(exp.Count(this=exp.Star())).from_(exp.Subquery(this=query.copy(), alias="found")))

    def number(self, query: exp.Expr) -> int:
        """The one number that `query` gives. Raises _BudgetSpentError."""
        left_s = self._until - self._clock()
        if self._left == 0 or left_s <= 0:
            raise _BudgetSpentError
        self._left -= 1
        outcome = self._run(query.sql(dialect=self.dialect), QueryLimits(timeout_s=left_s, max_rows=1))
        if outcome.table is None or not isinstance(found := outcome.table.rows[0][0], int):
            raise _BudgetSpentError
        return found


class _Query:
    """A SELECT whose conditions can be left out; `conditions` are those of WHERE that do not only join tables."""

    def __init__(self, tree: exp.Select, counter: _Counter, language: Language) -> None:
        self.tree, self.counter, self.language = tree, counter, language
        self.words = Phrases(tree, counter.dialect, language)
        where = tree.args.get("where")
        every = list(conjuncts(where.this)) if where is not None else []
        self.conditions = [c for c in every if self.words.condition(c)]
        self._joining = [c for c in every if not self.words.condition(c)]

    def rows(self, conditions: Sequence[exp.Expr]) -> int:
        """How many rows its tables have under `conditions`. Raises _BudgetSpentError."""
        from sqlglot import exp

        query = self.tree.copy()
        for clause in ("distinct", "group", "having", "order", "limit", "offset", "where"):
            query.set(clause, None)
        query.set("expressions", [exp.Count(this=exp.Star())])
        kept = [c.copy() for c in [*self._joining, *conditions]]
        return self.counter.number(query.where(*kept, copy=False) if kept else query)

    def say(self, code: str, conditions: Sequence[exp.Expr], **facts: object) -> str:
        """The sentence of `code` about `conditions`."""
        phrases = [self.words.condition(c) for c in conditions]
        return say(code, self.language, a=reduce(lambda a, b: say("and", self.language, a=a, b=b), phrases), **facts)


def _group_to_blame(query: _Query) -> str:
    """HAVING, where rows pass WHERE."""
    having = query.tree.args.get("having")
    if having is None or not (rows := query.rows(query.conditions)):
        return ""
    return query.say("empty_groups", list(conjuncts(having.this)), n=f"{rows:,}")


def _condition_to_blame(query: _Query) -> str:
    conditions = query.conditions
    tried = range(min(len(conditions), MAX_QUERIES - 2))
    without = {i: rows for i in tried if (rows := query.rows([c for j, c in enumerate(conditions) if j != i]))}
    if len(without) == 1:
        ((i, rows),) = without.items()
        return query.say("empty_one", [conditions[i]], n=f"{rows:,}")
    if without:
        return query.say("empty_together", [conditions[i] for i in without])
    if len(conditions) < 2 or not query.rows(()):
        return ""
    # Several conditions remove all rows each.
    alone = [c for c in conditions[:2] if not query.rows((c,))]
    return query.say("empty_each", alone) if alone else ""


def _table_to_blame(query: _Query) -> str:
    """A table without rows, or a join in which no row meets another. The tables have no row without any condition."""
    from sqlglot import exp

    sources = [s.this for s in (query.tree.args["from_"], *(query.tree.args.get("joins") or []))]
    if not all(isinstance(s, exp.Table) for s in sources):
        return ""
    for source in sources[: MAX_QUERIES - 2]:
        bare = source.copy()
        bare.set("alias", None)
        if not query.counter.number(exp.select(exp.Count(this=exp.Star())).from_(bare)):
            return say("empty_table", query.language, a=source.name)
    names = listed(dict.fromkeys(s.name for s in sources), query.language)
    return say("empty_join", query.language, a=names) if len(sources) > 1 else ""
