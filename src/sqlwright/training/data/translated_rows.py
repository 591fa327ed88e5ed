"""Training rows from a data set whose schemas are translations of databases at hand.

CHASE (Guo et al., ACL 2021) has the dialogues of SParC in Chinese, over Spider's databases with translated names. Its
tables and columns stand in the order of Spider's tables.json. So its questions can be asked of the English databases,
and its names are Chinese words for theirs.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from ...core import Example, Hints, Schema, Turn
from ...data.prompting import Context, Contexts
from ...parser.from_sql import FormError, parse_form
from ...parser.linear import linearize
from ...parser.rows import MAX_TOKENS, ParserRow
from ...parser.tokens import ColumnPointer, TablePointer, Token
from ...prompts import link_names
from ...synthesis.concepts import ColumnConcept, Concepts, Words

_HAN = re.compile(r"[\u3400-\u9fff]")


@dataclass(frozen=True, slots=True)
class Translation:
    """Names of a translated schema by those of the database, and the other way round; both without regard to case."""

    schema: Schema
    tables: Mapping[str, str]
    columns: Mapping[tuple[str, str], str]

    @classmethod
    def of(cls, translated: Schema, original: Schema, database: Schema) -> Translation | None:
        """`original` describes the database in the order of `translated`; None where their shapes differ."""
        pairs = list(zip(translated, original, strict=False))
        if len(translated) != len(original) or any(len(a.columns) != len(b.columns) for a, b in pairs):
            return None
        names = {t.name.casefold(): t for t in database}
        tables: dict[str, str] = {}
        columns: dict[tuple[str, str], str] = {}
        for a, b in pairs:
            table = names.get(b.name.casefold())
            if table is None:
                return None
            own = {c.name.casefold(): c.name for c in table.columns}
            tables[a.name.casefold()] = table.full_name
            for one, other in zip(a.columns, b.columns, strict=True):
                if (name := own.get(other.name.casefold())) is not None:
                    columns[a.name.casefold(), one.name.casefold()] = name
        return cls(translated, tables, columns)

    def tokens(self, query: Sequence[Token]) -> tuple[Token, ...]:
        """`query` on the database. Raises FormError for a column that the database does not have."""
        return tuple(map(self._token, query))

    def _token(self, token: Token) -> Token:
        if isinstance(token, TablePointer):
            return TablePointer(self.tables[token.table.casefold()])
        if not isinstance(token, ColumnPointer):
            return token
        table = token.table.casefold()
        if token.column != "*" and (table, token.column.casefold()) not in self.columns:
            raise FormError("no_such_column")
        column = "*" if token.column == "*" else self.columns[table, token.column.casefold()]
        return ColumnPointer(self.tables[table], column)

    def words(self) -> tuple[dict[str, str], dict[tuple[str, str], str]]:
        """The translated name of each table and column of the database."""
        spelled = {t.name.casefold(): t for t in self.schema}
        tables = {name: spelled[key].name for key, name in self.tables.items()}
        columns = {
            (self.tables[table], name): spelled[table].column(column).name
            for (table, column), name in self.columns.items()
        }
        return tables, columns


def translated_rows(
    examples: Sequence[Example],
    translations: Mapping[str, Translation],
    contexts: Contexts,
    known: dict[str, Context],
    left_out: Counter[str],
) -> list[ParserRow]:
    """The questions of `examples` on the databases of `translations`, by database.

    Adds to `known` what the rows are about, and to `left_out` why questions are not among them. Constants stay as the
    question spells them, also where the database has them in its own language.
    """
    rows: list[ParserRow] = []
    for example in sorted(examples, key=lambda e: e.db_id):
        translation = translations.get(example.db_id)
        if translation is None:
            left_out["no database"] += 1
            continue
        context = contexts.of(example)
        known.setdefault(example.db_id, replace(context, values=None))
        try:
            rows.append(_row(example, translation, context))
        except FormError as error:
            left_out[error.cause] += 1
    return rows


def _row(example: Example, translation: Translation, context: Context) -> ParserRow:
    tokens = translation.tokens(linearize(parse_form(example.gold_sql, translation.schema)))
    if len(tokens) > MAX_TOKENS:
        raise FormError("long")
    last: tuple[Token, ...] = ()
    if sql := next((turn.sql for turn in reversed(example.history) if turn.sql), ""):
        last = translation.tokens(linearize(parse_form(sql, translation.schema)))
    values = context.values.search(example.question) if context.values else ()
    hints = Hints(link_names(example.question, context.schema), values)
    history = tuple(Turn(turn.question, turn.sql) for turn in example.history)
    return ParserRow(example.id, example.db_id, example.question, tokens, hints, history, last)


def with_translated_words(concepts: Concepts, translation: Translation) -> Concepts:
    """`concepts` with the names of the translated schema as the Chinese words of tables and columns."""
    tables, columns = translation.words()

    def column(concept: ColumnConcept) -> ColumnConcept:
        name = columns.get((concept.table, concept.column), "")
        words = (name,) if _HAN.search(name) else ()
        flag = concept.flag
        if flag is not None:
            true = tuple(w.removeprefix("是否") for w in words if w.startswith("是否"))
            flag = replace(
                flag,
                true=replace(flag.true, chinese=true),
                false=replace(flag.false, chinese=tuple(f"未{w}" for w in true)),
            )
        event = concept.event
        if concept.role == "date":
            ends = tuple(re.sub(r"(时间|日期|日|时刻)\Z", "", word) for word in words)
            event = Words(event.english, tuple(w for w in ends if w and w not in words))
        return replace(concept, words=Words(concept.words.english, words), flag=flag, event=event)

    made = []
    for table in concepts:
        name = tables.get(table.table, "")
        chinese = (name,) if _HAN.search(name) else ()
        made.append(replace(table, chinese=chinese, columns=tuple(map(column, table.columns))))
    return Concepts(tuple(made), concepts.today)
