"""The one road from a question to its Prompt: asking, predicting and training rows all take it.

What a model is tuned on is then what it meets later, down to the sample values and the hints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from ..core import DataError, Example, Hints, Profile, Retrieved, Schema, Turn, today_of, with_inferred_keys
from ..core.meaning import NO_MEANING, Meaning
from ..meaning import kept_meaning, match_meaning, with_meaning
from ..meaning.match import with_meant
from ..prompts import Prompt, PromptOptions, build_prompt, link_names
from .databases import Databases
from .row_schema import read_row_schema

if TYPE_CHECKING:
    from ..db import Database
    from ..db.value_index import ValueIndex

__all__ = ["Context", "Contexts", "PromptOptions", "prompt_for"]

VALUES_TIMEOUT_S = 10.0
MAX_OPEN = 8  # questions come by database, and an index of values can be large


@dataclass(frozen=True, slots=True)
class Context:
    """What all questions about one database share; `values` is None where there are no rows to link to.

    `schema` has the foreign keys that `profile` infers and the joins that `meaning` states.
    """

    schema: Schema
    values: ValueIndex | None = None
    profile: Profile = field(default_factory=Profile)
    meaning: Meaning = NO_MEANING

    @classmethod
    def of(cls, database: Database, options: PromptOptions, *, timeout_s: float = VALUES_TIMEOUT_S) -> Context:
        """`timeout_s` is for reading the stored values; what is not read by then is not linked to."""
        from ..db.value_index import ValueIndex

        profile = database.profile()
        meaning = kept_meaning(database)
        schema = with_inferred_keys(database.schema(samples=options.samples), profile)
        schema, profile = with_meaning(schema, profile, meaning)
        values = ValueIndex.build(database, timeout_s=timeout_s) if options.hints else None
        return cls(schema, values, profile, meaning)

    @classmethod
    def of_schema(cls, schema: Schema) -> Context:
        """Without rows: the names and types say what they can."""
        from ..db.profile import profile_of_schema

        profile = profile_of_schema(schema)
        return cls(with_inferred_keys(schema, profile), None, profile)


def prompt_for(
    question: str,
    context: Context,
    options: PromptOptions,
    *,
    history: Sequence[Turn] = (),
    evidence: str = "",
    retrieved: Retrieved = Retrieved(),  # noqa: B008  (frozen)
    max_tokens: int | None = None,
    count_tokens: Callable[[str], int] | None = None,
) -> Prompt:
    """`prompts.build_prompt` with the hints that linking finds. Raises ConfigError where nothing fits `max_tokens`."""
    hints, meaning = Hints(), context.meaning
    if options.hints:
        found = context.values.search(question) if context.values else ()
        hints = Hints(link_names(question, context.schema), found)
    meant = match_meaning(question, meaning, today_of(context.profile)) if meaning else ()
    if meant:
        hints = with_meant(question, hints, meant, meaning, context.schema)
    return build_prompt(
        question,
        context.schema,
        history=history,
        evidence=evidence,
        hints=hints,
        retrieved=retrieved,
        preset=options.preset,
        max_tokens=max_tokens,
        count_tokens=count_tokens,
        style=options.style,
        max_tables=options.max_tables,
        profile=context.profile,
        meaning=meaning,
        meant=meant,
    )


class Contexts:
    """An Example's Context: its own DDL, else its database in a folder, else a schema read beforehand."""

    def __init__(
        self,
        databases: Databases | None = None,
        schemas: Mapping[str, Schema] | None = None,
        options: PromptOptions | None = None,
    ) -> None:
        self.databases, self.schemas = databases, schemas or {}
        self.options = options or PromptOptions()
        self._opened: dict[str, Context] = {}

    def of(self, example: Example) -> Context:
        """Raises DataError where there is no schema, and what reading the database raises."""
        if example.ddl:
            return Context.of_schema(read_row_schema(example.ddl, db_id=example.db_id, samples=self.options.samples))
        if self.databases is None or example.db_id not in self.databases:
            if example.db_id not in self.schemas:
                hint = "Name a folder of databases or a tables.json."
                raise DataError(f"no schema of {example.db_id!r}", hint=hint)
            return Context.of_schema(self.schemas[example.db_id])
        if example.db_id not in self._opened:
            while len(self._opened) >= MAX_OPEN:
                del self._opened[next(iter(self._opened))]
            with self.databases.open(example.db_id) as database:
                self._opened[example.db_id] = Context.of(database, self.options)
        return self._opened[example.db_id]

    def prompt(self, example: Example) -> Prompt:
        """As it is asked, without a budget."""
        return prompt_for(
            example.question,
            self.of(example),
            self.options,
            history=example.history,
            evidence=example.evidence,
        )
