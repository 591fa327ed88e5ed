"""Questions in a model's words, where these still say what the query asks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Literal

from ..core import Dialect, Example, GenerationError, Message, Schema
from ..core.fold import fold
from ..prompts import Prompt, render_ddl
from ..sql.reading import read_one
from .wording.english import number_word

if TYPE_CHECKING:
    from ..generation import Generator, Sampling

Fault = Literal["empty", "too_short", "too_long", "sql", "value_lost", "no_answer"]

MAX_RATIO = 2.5  # of a rewording's length to the question's
EXTRA_CHARS = 40
_SQL = re.compile(r"\bselect\b.+\bfrom\b|\bgroup by\b|\border by\b|;\s*\Z|```", re.IGNORECASE | re.DOTALL)
_LABEL = re.compile(r"\A\s*(?:(?:reworded|rephrased|rewritten|new)?\s*question\s*:|\d+[.)]|[-*])\s*", re.IGNORECASE)
_SYSTEM = (
    "You rewrite questions about a database in the words of a person who knows what it is about, but not its tables. "
    "Keep the meaning, every name, value and number. Answer with the question alone."
)


def reword(
    examples: Iterable[Example],
    generator: Generator,
    schema: Schema,
    *,
    sampling: Sampling | None = None,
    batch_size: int = 32,
    faults: Counter[str] | None = None,
) -> Iterator[Example]:
    """The same examples in the same order; one whose rewording has a fault keeps its question.

    `faults` counts why. Raises what `generator` raises where no prompt can succeed.
    """
    from ..generation import Sampling

    faults = Counter() if faults is None else faults
    sampling = sampling or Sampling(temperature=0.8, max_new_tokens=120)
    rest = iter(examples)
    while batch := list(islice(rest, batch_size)):
        for example, text in zip(batch, _answers(batch, generator, schema, sampling), strict=True):
            question = "" if text is None else first_line(text)
            fault = "no_answer" if text is None else fault_of(question, example, schema.dialect)
            if fault:
                faults[fault] += 1
            yield example if fault else replace(example, question=question)


def _answers(batch: list[Example], generator: Generator, schema: Schema, sampling: Sampling) -> list[str | None]:
    from ..generation import SomeFailedError

    prompts = [rewording_prompt(example, schema) for example in batch]
    try:
        return [found[0].text if found else None for found in generator.generate(prompts, sampling)]
    except SomeFailedError as error:
        return [None if isinstance(r, GenerationError) or not r else r[0].text for r in error.results]


def rewording_prompt(example: Example, schema: Schema) -> Prompt:
    """Schema first and question last, as in every prompt: all questions share the prefix."""
    asked = f"SQL: {example.gold_sql}\nQuestion: {example.question}\nReworded question:"
    messages = (Message("system", _SYSTEM), Message("user", f"{render_ddl(schema)}\n\n{asked}"))
    return Prompt(example.question, schema, messages, preset="reword")


def first_line(text: str) -> str:
    """The question in a model's answer, without the labels and quotes around it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    line = _LABEL.sub("", lines[0]) if lines else ""
    if len(line) > 1 and line[0] in "\"'“" and line[-1] in "\"'”" and line[0] not in line[1:-1]:
        line = line[1:-1]
    return line.strip()


def fault_of(question: str, example: Example, dialect: Dialect) -> Fault | None:
    """What is wrong with `question` as another wording of `example`; None for a sound one."""
    if not question:
        return "empty"
    if _SQL.search(question):
        return "sql"
    if len(question.split()) < 3:
        return "too_short"
    if len(question) > MAX_RATIO * len(example.question) + EXTRA_CHARS:
        return "too_long"
    if not all(says(question, value) for value in spoken_values(example, dialect)):
        return "value_lost"
    return None


def spoken_values(example: Example, dialect: Dialect) -> tuple[str, ...]:
    """The constants of the query that its question says, in their stored spelling."""
    from sqlglot import exp

    tree = read_one(example.gold_sql, dialect)
    literals = tree.find_all(exp.Literal) if tree is not None else ()
    found = dict.fromkeys(literal.name.strip("%") for literal in literals)
    return tuple(value for value in found if value and says(example.question, value))


def says(question: str, value: str) -> bool:
    """As a word of its own, in any case; a small number may be spelled out."""
    folded, wanted = f" {fold(question)} ", fold(value)
    if not value.isascii():
        return wanted in folded  # not every script has blanks between words
    spelled = [wanted, number_word(int(value))] if value.isdigit() else [wanted]
    return any(re.search(rf"(?<![\w.]){re.escape(v)}(?!\w|\.\d)", folded) for v in spelled)
