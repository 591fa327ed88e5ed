"""The prompts on which an exported model is compared with its source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.resources import files
from itertools import islice
from pathlib import Path

from ...core import Example, UsageError
from ...data import DatabaseFolder, read_examples
from ...data.demo.pairs import demo_examples
from ...data.prompting import Contexts, PromptOptions, prompt_for
from ...prompts import Prompt
from ...sql.ddl import parse_schema

PROMPTS = 8  # a wrong weight, a wrong template or a wrong split shows in nearly every answer
MAX_PROMPT_TOKENS = 1024  # of a larger schema the tables that matter least are left out, to keep the check short


def check_prompts(
    count_tokens: Callable[[str], int],
    max_tokens: int,
    data: str | None = None,
    databases: Path | None = None,
    count: int = PROMPTS,
) -> tuple[Prompt, ...]:
    """`count` questions of `data` over its `databases`; without `data`, English and Chinese ones of the demo shop.

    Raises what reading the data raises, and ConfigError where no table of a schema fits `max_tokens`.
    """
    examples, contexts = _demo(count) if data is None else _given(data, databases, count)
    options = contexts.options
    return tuple(
        prompt_for(
            example.question,
            contexts.of(example),
            options,
            history=example.history,
            evidence=example.evidence,
            max_tokens=min(max_tokens, MAX_PROMPT_TOKENS),
            count_tokens=count_tokens,
        )
        for example in examples
    )


def _demo(count: int) -> tuple[Sequence[Example], Contexts]:
    examples = demo_examples()
    ddl = files("sqlwright.data.demo").joinpath("schema.sql").read_text(encoding="utf-8")
    schema = parse_schema(ddl, db_id=examples[0].db_id)
    chosen = examples[:: max(1, len(examples) // count)][:count]
    return chosen, Contexts(schemas={schema.db_id: schema}, options=PromptOptions(samples=0))


def _given(data: str, databases: Path | None, count: int) -> tuple[Sequence[Example], Contexts]:
    examples = list(islice(read_examples(data), count))
    if not examples:
        raise UsageError(f"{data} holds no question to check the export on.")
    return examples, Contexts(DatabaseFolder(databases) if databases else None)
