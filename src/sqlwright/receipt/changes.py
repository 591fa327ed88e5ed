"""How one query differs from another, clause by clause and in plain words: two turns of a dialogue, two readings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from typing import TYPE_CHECKING, Literal

from ..core import Dialect, Language
from ..core.words import listed, say
from ..sql.describe import Query, conjuncts, outer_selects, parsed
from ..sql.phrases import Phrases, joins_columns

if TYPE_CHECKING:
    from sqlglot import exp

Clause = Literal["set operation", "select", "from", "where", "group by", "having", "order by", "limit", "query"]
Parts = dict[str, str]  # what a clause is made of, to its words


@dataclass(frozen=True, slots=True)
class Change:
    """`before` and `after` are SQL, "" for a clause that was not there; `says` is what the query after it does.

    clause "query": the two differ in a way that has no words here, as inside a subquery of FROM.
    """

    clause: Clause
    before: str
    after: str
    says: str

    def to_dict(self) -> dict[str, str]:
        return {"clause": self.clause, "before": self.before, "after": self.after, "says": self.says}


def changes(before: Query, after: Query, dialect: Dialect, language: Language = "en") -> tuple[Change, ...]:
    """The clauses of the outermost query (of each side of a UNION and its like) that differ.

    Empty where both mean the same but for aliases, or one does not parse.
    """
    old, new = parsed(before, dialect), parsed(after, dialect)
    if old is None or new is None:
        return ()
    sides = _Side.of(old, dialect, language), _Side.of(new, dialect, language)
    sides[0].words.many = sides[1].words.many = sides[0].words.many or sides[1].words.many
    found = tuple(_changes(*sides, language))
    if not found and _rest(sides[0]) != _rest(sides[1]):
        return (Change("query", _text(before, dialect), _text(after, dialect), say("query_changed", language)),)
    return found


def _text(query: Query, dialect: Dialect) -> str:
    return query if isinstance(query, str) else query.sql(dialect=dialect)


def in_one_sentence(found: Sequence[Change], language: Language = "en", *, most: int = 3) -> str:
    """What the query after the changes does, such as "shows name instead of city; asks that year is 2024 as well"."""
    return ("；" if language == "zh" else "; ").join(dict.fromkeys(change.says for change in found[:most]))


@dataclass(frozen=True, slots=True)
class _Side:
    tree: exp.Expr
    selects: tuple[exp.Expr, ...]
    words: Phrases

    @classmethod
    def of(cls, tree: exp.Expr, dialect: Dialect, language: Language) -> _Side:
        return cls(tree, tuple(outer_selects(tree)), Phrases(tree, dialect, language))


def _changes(old: _Side, new: _Side, language: Language) -> Iterator[Change]:
    yield from _compared("set operation", "set", _operations(old), _operations(new), ("", ""), language)
    for i, (a, b) in enumerate(zip(old.selects, new.selects, strict=False)):
        for clause, code, parts, text in _CLAUSES:
            texts = text(old.words, a), text(new.words, b)
            if code == "join" and _tables(old.words, a).keys() != _tables(new.words, b).keys():
                continue  # other tables are joined otherwise: nothing new
            for change in _compared(clause, code, parts(old.words, a), parts(new.words, b), texts, language):
                says = say("second_query", language, a=change.says) if i else change.says
                yield Change(change.clause, change.before, change.after, says)
    for clause, code, parts, text in _ENDS:
        texts = text(old.words, old.tree), text(new.words, new.tree)
        yield from _compared(clause, code, parts(old.words, old.tree), parts(new.words, new.tree), texts, language)


def _compared(
    clause: Clause, code: str, old: Parts, new: Parts, texts: tuple[str, str], language: Language
) -> Iterator[Change]:
    gone = [words for key, words in old.items() if key not in new]
    come = [words for key, words in new.items() if key not in old]
    whole = code in ("group", "order")  # lists that mean something as a whole only
    if not gone and not come:
        return
    if whole and old and new:
        gone, come = list(old.values()), list(new.values())
    kind = "changed" if gone and come else "added" if come else "removed"
    before, after = _together(gone, code, language), _together(come, code, language)
    texts = texts if any(texts) else (before, after)
    # Two inner queries have the same words.
    code = "inner_changed" if before == after else f"{code}_{kind}"
    yield Change(clause, *texts, say(code, language, before=before, after=after))


def _together(phrases: Sequence[str], code: str, language: Language) -> str:
    if phrases and code in ("where", "having"):
        return reduce(lambda a, b: say("and", language, a=a, b=b), phrases)
    return listed(phrases, language)


def _operations(side: _Side) -> Parts:
    from sqlglot import exp

    if not isinstance(side.tree, exp.SetOperation):
        return {}
    names = [
        type(n).__name__.upper() for n in side.tree.find_all(exp.SetOperation) if n.find_ancestor(exp.Select) is None
    ]
    return {name: name for name in names}


def _outputs(words: Phrases, select: exp.Expr) -> Parts:
    return {_key(words, e, words.value(e)): words.value(e) for e in select.expressions}


def _distinct(words: Phrases, select: exp.Expr) -> Parts:
    return {"distinct": "DISTINCT"} if select.args.get("distinct") is not None else {}


def _tables(words: Phrases, select: exp.Expr) -> Parts:
    from sqlglot import exp

    sources = [s.this for s in _sources(select)]
    names = [s.name if isinstance(s, exp.Table) else words.sql(s) for s in sources]
    return {
        name.lower(): name if isinstance(source, exp.Table) else say("subquery", words.language)
        for name, source in zip(names, sources, strict=True)
    }


def _joins(words: Phrases, select: exp.Expr) -> Parts:
    """Equations of columns in ON, as unordered pairs; whatever else stands there is a condition."""
    return {_equation(words, c): _equation(words, c) for c in _on(select) if joins_columns(c)}


def _conditions(words: Phrases, select: exp.Expr) -> Parts:
    where = select.args.get("where")
    nodes = list(conjuncts(where.this)) if where is not None else []
    nodes += [c for c in _on(select) if not joins_columns(c)]
    return _phrased(words, nodes)


def _having(words: Phrases, select: exp.Expr) -> Parts:
    having = select.args.get("having")
    return _phrased(words, conjuncts(having.this)) if having is not None else {}


def _groups(words: Phrases, select: exp.Expr) -> Parts:
    group = select.args.get("group")
    return {words.value(e): words.value(e) for e in group.expressions} if group is not None else {}


def _order(words: Phrases, query: exp.Expr) -> Parts:
    keys = words.keys(query)
    return {keys: keys} if keys else {}


def _limit(words: Phrases, query: exp.Expr) -> Parts:
    count = words.count(query) + words.skipping(query)
    return {count: count} if count else {}


def _phrased(words: Phrases, nodes: Sequence[exp.Expr] | Iterator[exp.Expr]) -> Parts:
    return {_key(words, n, phrase): phrase for n in nodes if (phrase := words.condition(n) or _equation(words, n))}


def _key(words: Phrases, node: exp.Expr, phrase: str) -> str:
    """Two subqueries have the same words, so they are told apart by their SQL."""
    from sqlglot import exp

    return f"{phrase} {words.sql(node)}" if node.find(exp.Query) is not None else phrase


def _equation(words: Phrases, node: exp.Expr) -> str:
    return " = ".join(sorted((words.value(node.this), words.value(node.expression))))


def _sources(select: exp.Expr) -> list[exp.Expr]:
    return [s for s in [select.args.get("from_"), *(select.args.get("joins") or [])] if s is not None]


def _on(select: exp.Expr) -> Iterator[exp.Expr]:
    for join in select.args.get("joins") or []:
        if join.args.get("on") is not None:
            yield from conjuncts(join.args["on"])


def _rest(side: _Side) -> list[str]:
    """What no clause above speaks of: common table expressions, sides of joins."""
    selects = [] if side.tree in side.selects else [side.words.sql(w) for w in _as_list(side.tree.args.get("with_"))]
    for select in side.selects:
        joins = [str(join.args.get(name) or "") for join in select.args.get("joins") or [] for name in ("side", "kind")]
        rest = select.copy()
        for name in _SPOKEN_OF:
            rest.set(name, None)
        selects += [side.words.sql(rest), *(j for j in joins if j.upper() != "INNER")]
    return selects


def _of(*names: str) -> Callable[[Phrases, exp.Expr], str]:
    """The SQL of the clauses that a tree keeps under `names`."""

    def text(words: Phrases, query: exp.Expr) -> str:
        nodes = [n for name in names for n in _as_list(query.args.get(name))]
        return " ".join(words.sql(n).strip() for n in nodes)

    return text


def _as_list(value: exp.Expr | list[exp.Expr] | None) -> list[exp.Expr]:
    return [] if value is None else value if isinstance(value, list) else [value]


def _select_text(words: Phrases, select: exp.Expr) -> str:
    distinct = "DISTINCT " if select.args.get("distinct") is not None else ""
    return f"SELECT {distinct}{', '.join(words.sql(e) for e in select.expressions)}"


_SPOKEN_OF = ("expressions", "distinct", "from_", "joins", "where", "group", "having", "order", "limit", "offset")
Reader = tuple[Clause, str, Callable[["Phrases", "exp.Expr"], Parts], Callable[["Phrases", "exp.Expr"], str]]
_CLAUSES: tuple[Reader, ...] = (
    ("select", "select", _outputs, _select_text),
    ("select", "distinct", _distinct, _select_text),
    ("from", "from", _tables, _of("from_", "joins")),
    ("from", "join", _joins, _of("from_", "joins")),
    ("where", "where", _conditions, _of("where")),
    ("group by", "group", _groups, _of("group")),
    ("having", "having", _having, _of("having")),
)
_ENDS: tuple[Reader, ...] = (
    ("order by", "order", _order, _of("order")),
    ("limit", "limit", _limit, _of("limit", "offset")),
)
