"""Whether a half-written query can go on so that each column belongs to a table of its FROM clause.

A context-free grammar cannot know this. PICARD (https://arxiv.org/abs/2109.05093) refuses such queries in the same way,
while they are written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ..core import Dialect, Schema
from .dialects import RULES
from .terminals import FUNCTION_NAMES

_TOKEN = re.compile(
    r"""(?P<string>'(?:[^']|'')*(?:'|\Z))"""
    r"""|(?P<quoted>"[^"]*(?:"|\Z)|`[^`]*(?:`|\Z)|\[[^\]]*(?:\]|\Z))"""
    r"""|(?P<word>[^\W\d]\w*)|(?P<number>\d[\w.]*)|(?P<mark>[^\s])""",
)
# The words that the grammar takes as keywords. Other words may be columns.
_KEYWORDS = frozenset(
    """
    all and as asc between by case cast cross current_date current_timestamp desc distinct else end escape except exists
    extract false from full group having in inner intersect is join left like limit natural not null nulls offset on
    or order outer over partition right select then true union using when where with
    """.split()
)
_CLAUSES = frozenset("where group having order limit".split())
_SETS = frozenset("union intersect except".split())
# Those that may follow a table or an expression.
_FOLLOWING = _KEYWORDS - frozenset("all by case cast distinct exists extract false null select true with".split())
_JOINING = frozenset("cross full inner join natural outer using with".split())
_SHORT = 3  # characters of an alias without AS, or one that is used before it is declared: T1, c, emp
_NUMBERED = re.compile(r"(\D*)(\d+)\Z")

_FROM = ("named", "aliased", "on")  # phases in which a comma or a clause may follow
Columns = frozenset[str] | None  # in lower case; None of a source whose columns are not known


class _RefusedError(Exception):
    """No query goes on from here."""


@dataclass(slots=True)
class _Scope:
    """One SELECT.

    `phase` is "list" before FROM, "source" where a table has to follow, "named" behind a table, "aliased" behind its
    alias, "on" in a join condition, "rest" behind the FROM clause, and "free" where nothing is checked.
    """

    outer: _Scope | None
    phase: str = "list"
    sources: dict[str, Columns] = field(default_factory=dict)
    last: str = ""  # the name of the last source
    count: int = 0  # sources so far
    plain: set[str] = field(default_factory=set)  # columns that some source has to have
    qualified: dict[str, set[str]] = field(default_factory=dict)  # by alias
    outputs: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class _Word:
    """A token of the text. `open` is one that touches the end of the text and may get longer."""

    kind: str
    text: str
    open: bool
    before_paren: bool
    before_dot: bool

    @property
    def name(self) -> str:
        return self.text.strip('"`[]').lower()

    @property
    def keyword(self) -> str:
        return self.name if self.kind == "word" and self.name in _KEYWORDS else ""


class Scopes:
    """The tables of one schema, for any number of texts."""

    def __init__(self, schema: Schema) -> None:
        self.dialect: Dialect = schema.dialect
        self.tables: Mapping[str, frozenset[str]] = {
            table.name.lower(): frozenset(column.name.lower() for column in table.columns) for table in schema
        }
        self.namespaces = frozenset(table.namespace.lower() for table in schema if table.namespace)
        self.columns = frozenset().union(*self.tables.values())
        self.double_quoted_text = RULES[schema.dialect].double_quotes != "name"

    def viable(self, text: str, *, complete: bool = False) -> bool:
        """Whether `text`, the beginning of a query of the schema's grammar, can become one in whose FROM clauses all
        columns are; with `complete`, whether it is one.

        Columns of CTEs and of subqueries in FROM are not known, and pass.
        """
        try:
            _Reading(self, text, complete).read()
        except _RefusedError:
            return False
        return True


class _Reading:
    def __init__(self, scopes: Scopes, text: str, complete: bool) -> None:
        self.known, self.text, self.complete = scopes, text, complete
        self.frames: list[_Scope | str] = []  # open parentheses: a SELECT, or the word before another one
        self.ctes: set[str] = set()
        self.outer: _Scope | None = None

    @property
    def scope(self) -> _Scope | None:
        return next((frame for frame in reversed(self.frames) if isinstance(frame, _Scope)), None)

    def read(self) -> None:
        words = list(self._words())
        place = 0
        while place < len(words):
            place = self._take(words, place)
        if self.complete:
            while self.frames:
                frame = self.frames.pop()
                if isinstance(frame, _Scope):
                    self._close(frame)

    def _words(self) -> Iterator[_Word]:
        found = list(_TOKEN.finditer(self.text))
        for index, match in enumerate(found):
            follower = found[index + 1].group() if index + 1 < len(found) else ""
            at_end = match.end() == len(self.text) and not self.complete
            closed = match.lastgroup in ("string", "quoted") and len(match.group()) > 1 and _is_closed(match.group())
            yield _Word(
                match.lastgroup or "",
                match.group(),
                at_end and not closed,
                follower == "(",
                follower == "." and found[index + 1].start() == match.end(),
            )

    def _take(self, words: list[_Word], place: int) -> int:
        """Read the token at `place`; returns the place of the next one to read."""
        word, scope = words[place], self.scope
        at_level = bool(self.frames) and isinstance(self.frames[-1], _Scope)
        key = word.keyword
        if word.open and word.kind == "word" and scope is not None and at_level and scope.phase in _FROM:
            self._may_close(scope, word.name)
        if key and word.open and key != "select":
            return place + 1  # it may become another word
        if key == "select":
            misplaced = at_level and scope is not None and scope.phase != "free"
            inner = self.frames[-1] if self.frames else ""
            if misplaced or (isinstance(inner, str) and inner in FUNCTION_NAMES):
                raise _RefusedError
            self._select()
        elif key == "with" and scope is None and place + 1 < len(words):
            return self._with(words, place)
        elif word.text == "(":
            before = words[place - 1].name if place else ""
            self.frames.append(before if words[place - 1].kind == "word" and place else "(")
        elif word.text == ")":
            self._leave()
        elif scope is None:
            return self._cte_head(words, place)
        elif key:
            return self._keyword(key, scope, at_level, words, place)
        elif word.text == "," and at_level and scope.phase in _FROM:
            scope.phase = "source"
        elif word.kind in ("word", "quoted"):
            return self._name(scope, at_level, words, place)
        return place + 1

    def _select(self) -> None:
        outer = self.scope
        if self.frames and isinstance(self.frames[-1], _Scope):  # behind UNION: the same level, another FROM
            done = self.frames.pop()
            assert isinstance(done, _Scope)
            outer = done.outer
        self.frames.append(_Scope(outer))

    def _with(self, words: list[_Word], place: int) -> int:
        self.ctes.add(words[place + 1].name)
        return place + 2

    def _cte_head(self, words: list[_Word], place: int) -> int:
        """Between CTEs: a name, and AS."""
        word = words[place]
        if word.kind in ("word", "quoted") and not word.keyword:
            self.ctes.add(word.name)
        return place + 1

    def _leave(self) -> None:
        while self.frames:
            frame = self.frames.pop()
            if not isinstance(frame, _Scope):
                break
            self._close(frame)
            # The parenthesis around a SELECT is the frame below it.
        scope = self.scope
        if scope and scope.phase == "source" and self.frames and self.frames[-1] is scope:
            self._add_source(scope, "", None)  # a subquery in FROM

    def _keyword(self, key: str, scope: _Scope, at_level: bool, words: list[_Word], place: int) -> int:
        if not at_level:
            # CAST(x AS type), EXTRACT(field FROM x)
            return place + 2 if key == "as" else place + 1
        if key == "join" or (key == "from" and scope.phase == "list"):
            scope.phase = "source"
        elif key in ("on", "using"):
            scope.phase = "on" if key == "on" else "free"
        elif key in _CLAUSES and scope.phase != "rest":
            self._close(scope)
        elif key in _SETS:
            self._close(scope)
            scope.phase = "free"
        elif key == "as" and place + 1 < len(words):
            return self._declared(scope, words[place + 1], place + 2)
        return place + 1

    def _declared(self, scope: _Scope, word: _Word, following: int) -> int:
        """A name behind AS, or behind a table."""
        if scope.phase == "list":
            if not word.open:
                scope.outputs.add(word.name)
        elif scope.phase in ("named", "free"):
            self._alias(scope, word)
        return following

    def _bare(self, word: _Word) -> None:
        """A name behind a table or an expression, without AS. A model that is at a loss runs words together here."""
        begun = word.open and any(key.startswith(word.name) for key in _FOLLOWING)
        if len(word.name) > _SHORT and not begun and word.kind == "word":
            raise _RefusedError

    def _may_close(self, scope: _Scope, begun: str) -> None:
        """Where the word that is begun can only end the FROM clause, FROM has to be whole."""
        ends = _CLAUSES | _SETS
        keys = {key for key in _FOLLOWING if key.startswith(begun)}
        if (len(begun) > 1 or scope.phase == "aliased") and keys and keys <= ends:
            self._close(scope)

    def _alias(self, scope: _Scope, word: _Word) -> None:
        columns = scope.sources.get(scope.last)
        unmet = {name for name, wanted in scope.qualified.items() if columns is not None and not wanted <= columns}
        if word.open:
            if word.name in unmet and not any(n != word.name and n.startswith(word.name) for n in scope.qualified):
                raise _RefusedError
            return
        if word.name in unmet:
            raise _RefusedError
        if scope.last in scope.sources and scope.last not in scope.qualified:
            del scope.sources[scope.last]  # its own name is hidden
        scope.sources[word.name], scope.last = columns, word.name
        scope.phase = "aliased" if scope.phase == "named" else scope.phase

    def _add_source(self, scope: _Scope, name: str, columns: Columns) -> None:
        scope.count += 1
        scope.last = name or f"({scope.count})"
        scope.sources[scope.last] = columns
        scope.phase = "named"

    def _name(self, scope: _Scope, at_level: bool, words: list[_Word], place: int) -> int:
        word = words[place]
        if at_level and scope.phase == "source":
            if word.before_dot and word.name in self.known.namespaces:
                return place + 2
            self._table(scope, word)
            return place + 1
        if at_level and scope.phase == "aliased":
            if not (word.open and any(key.startswith(word.name) for key in _FOLLOWING)):
                raise _RefusedError
            return place + 1
        if at_level and scope.phase == "named":
            self._bare(word)
            self._alias(scope, word)
            return place + 1
        if scope.phase == "free":
            return place + 1
        if word.before_dot:
            column = words[place + 2] if place + 2 < len(words) else None
            if word.name in self.known.namespaces and column is not None and column.before_dot:
                return place + 2
            self._qualified(scope, word.name, column)
            return place + 3
        if word.kind == "word" and word.before_paren:
            return place + 1  # a function
        before = words[place - 1]
        if scope.phase == "list" and at_level and _ends_an_item(before):
            self._bare(word)
            scope.outputs.add(word.name)
            return place + 1
        if word.text.startswith('"') and self.known.double_quoted_text:
            return place + 1  # may be a text
        self._plain(scope, word)
        return place + 1

    def _table(self, scope: _Scope, word: _Word) -> None:
        wanted = self._wanted_here(scope)
        allowed = {name for name, columns in self.known.tables.items() if wanted <= columns} | self.ctes
        if word.open:
            if not any(name.startswith(word.name) for name in allowed):
                raise _RefusedError
        elif word.name not in allowed and (word.name in self.known.tables or word.name in self.ctes):
            raise _RefusedError
        self._add_source(scope, word.name, self.known.tables.get(word.name))

    def _wanted_here(self, scope: _Scope) -> set[str]:
        """Columns of T2 where the second source is due: the aliases of a query are numbered in the order of FROM."""
        found: set[str] = set()
        for alias, wanted in scope.qualified.items():
            match = _NUMBERED.match(alias)
            if match and int(match[2]) == scope.count + 1 and alias not in self.known.tables:
                found |= wanted
        return found

    # --- columns ---

    def _qualified(self, scope: _Scope, qualifier: str, column: _Word | None) -> None:
        holder = self._holder(scope, qualifier)
        if holder is None:
            raise _RefusedError
        if column is None or column.text == "*":
            if holder.phase == "list":
                self._undeclared(qualifier)
                holder.qualified.setdefault(qualifier, set())
            return
        if holder.phase != "list":
            _check(column, holder.sources[qualifier])
            return
        self._undeclared(qualifier)
        wanted = holder.qualified.setdefault(qualifier, set())
        if qualifier in self.known.tables:
            fitting = [self.known.tables[qualifier]]
        else:
            fitting = [columns for columns in self.known.tables.values() if wanted <= columns]
        if not self.ctes:
            _check(column, frozenset().union(*fitting))
        if not column.open:
            wanted.add(column.name)

    def _undeclared(self, qualifier: str) -> None:
        if len(qualifier) > _SHORT and qualifier not in self.known.tables and qualifier not in self.ctes:
            raise _RefusedError

    def _holder(self, scope: _Scope, qualifier: str) -> _Scope | None:
        """The SELECT that a qualifier belongs to: the innermost with this source, or one without its FROM yet."""
        here: _Scope | None = scope
        while here is not None:
            if qualifier in here.sources:
                return here
            if here.phase == "list":
                return here
            here = here.outer
        return None

    def _plain(self, scope: _Scope, word: _Word) -> None:
        if scope.phase == "list":
            anywhere = (*self.known.columns, *self.known.tables, *_KEYWORDS, *FUNCTION_NAMES, *self.ctes)
            if word.open and len(word.name) > _SHORT and not any(name.startswith(word.name) for name in anywhere):
                raise _RefusedError
            if not word.open and word.name in self.known.columns and word.name not in self.ctes:
                scope.plain.add(word.name)
            return
        visible = self._visible(scope)
        if visible is None or (not word.open and word.name not in self.known.columns):
            return
        if word.open:
            keywords = _KEYWORDS - _JOINING if scope.phase == "rest" else _KEYWORDS
            names = visible | keywords | FUNCTION_NAMES | self._qualifiers(scope)
            if not any(name.startswith(word.name) for name in names):
                raise _RefusedError
        elif word.name not in visible:
            raise _RefusedError

    def _visible(self, scope: _Scope) -> frozenset[str] | None:
        """The columns that may stand alone; None where any may."""
        found: set[str] = set()
        here: _Scope | None = scope
        while here is not None:
            if here.phase in ("list", "free"):
                return None
            for columns in here.sources.values():
                if columns is None:
                    return None
                found |= columns
            found |= here.outputs
            here = here.outer
        return frozenset(found)

    def _qualifiers(self, scope: _Scope) -> set[str]:
        found: set[str] = set()
        here: _Scope | None = scope
        while here is not None:
            found |= here.sources.keys()
            here = here.outer
        return found

    def _close(self, scope: _Scope) -> None:
        """At the end of a FROM clause: what stood before it has to be in it."""
        if scope.phase in ("rest", "free"):
            return
        phase, scope.phase = scope.phase, "rest"
        if phase == "source":
            raise _RefusedError
        for qualifier, wanted in scope.qualified.items():
            holder = self._holder(scope, qualifier)
            if holder is None:
                raise _RefusedError
            if holder.phase == "list":
                holder.qualified.setdefault(qualifier, set()).update(wanted)
            elif (columns := holder.sources[qualifier]) is not None and not wanted <= columns:
                raise _RefusedError
        visible = self._visible(scope)
        if visible is not None and not scope.plain <= visible:
            raise _RefusedError


def _check(column: _Word, columns: Columns) -> None:
    if columns is None:
        return
    fits = any(name.startswith(column.name) for name in columns) if column.open else column.name in columns
    if not fits:
        raise _RefusedError


def _ends_an_item(word: _Word) -> bool:
    """Whether a name behind `word` is an alias: behind a name, a number, a text or a closing parenthesis."""
    return word.kind in ("quoted", "number", "string") or word.text == ")" or (word.kind == "word" and not word.keyword)


def _is_closed(text: str) -> bool:
    pairs = {"'": "'", '"': '"', "`": "`", "[": "]"}
    return text[-1] == pairs[text[0]] and (text[0] != "'" or len(re.findall("'", text)) % 2 == 0)
