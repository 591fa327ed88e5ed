"""Preference data: a question with a better and a worse query, read from and written for LLaMA-Factory and TRL."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from ..core import DataError, Example, Message, NotFoundError
from ..core.atomic import atomic_text
from ..prompts import with_answer
from .formats.chat import examples_of
from .formats.context import unwrapped
from .formats.format import objects, optional_text, text
from .formats.single import read_own
from .formats.turns import unfenced
from .prompting import Contexts
from .reading import OnBadRow
from .rows import Row, read_object, read_rows

Target = Literal["sqlwright", "llama-factory", "trl"]
TARGETS: tuple[Target, ...] = ("sqlwright", "llama-factory", "trl")
KNOWN = (
    "sqlwright (question, gold_sql, rejected), LLaMA-Factory with ranking: true (conversations or instruction, with "
    "chosen, rejected), TRL (prompt, chosen, rejected)"
)


@dataclass(frozen=True, slots=True)
class Preference:
    """`example.gold_sql` is the query that is preferred to `rejected`. `why` says what is wrong with the latter."""

    example: Example
    rejected: str
    why: str = ""

    @property
    def chosen(self) -> str:
        return self.example.gold_sql

    def to_dict(self) -> dict[str, Any]:
        """Our JSONL row: that of the example, with `rejected` and, where it is known, `why`."""
        return {**self.example.to_dict(), "rejected": self.rejected, **({"why": self.why} if self.why else {})}


def read_preferences(source: str | Path, *, on_bad_row: OnBadRow) -> Iterator[Preference]:
    """The pairs of a file in one of the formats KNOWN, or of a hub data set (`hf:owner/name`).

    As elsewhere the schema of a chat row is what its messages hold of CREATE TABLE statements, and its `db_id`, where
    it has one, names a database. A row that cannot be read goes to `on_bad_row`. Raises DataError where no row is one
    of preferences.
    """
    from .hub import PREFIXES, read_hub_rows

    rows = read_hub_rows(str(source)) if str(source).startswith(PREFIXES) else read_rows(source)
    found = 0
    for row in rows:
        read = row if isinstance(row, DataError) else _placed(row, source)
        if isinstance(read, Preference):
            yield read
            found += 1
        elif not found and isinstance(row, Row) and "rejected" not in row.fields:
            raise DataError("not preference data", path=source, hint=f"Known formats: {KNOWN}.")
        else:
            on_bad_row(read)
    if not found:
        raise DataError("the file holds no preference", path=source, hint=f"Known formats: {KNOWN}.")


def is_preferences(source: str | Path) -> bool:
    """Whether the first row of a file is one of preferences."""
    first = next(iter(read_rows(source)), None)
    return isinstance(first, Row) and "rejected" in first.fields


def convert_preferences(
    preferences: Iterable[Preference], to: Target, *, contexts: Contexts | None = None, on_bad_row: OnBadRow
) -> Iterator[dict[str, Any]]:
    """Rows of the format `to`; the prompt is the one that asking makes. What has no schema goes to `on_bad_row`."""
    contexts = contexts or Contexts()
    for preference in preferences:
        if to == "sqlwright":
            yield preference.to_dict()
            continue
        try:
            prompt = contexts.prompt(preference.example)
        except (DataError, NotFoundError) as error:
            on_bad_row(DataError(f"question {preference.example.id!r}: {error.message}", hint=error.hint))
            continue
        *messages, chosen = with_answer(prompt, preference.chosen)
        rejected = with_answer(prompt, preference.rejected)[-1]
        row = _trl_row if to == "trl" else _ranking_row
        example = preference.example
        names = {"id": example.id} | ({"db_id": example.db_id} if example.db_id else {})
        yield row(messages, chosen, rejected) | names


def write_ranking_info(path: Path) -> Path:
    """Enter the file into the dataset_info.json beside it as LLaMA-Factory's preference data; other entries stay."""
    info = path.with_name("dataset_info.json")
    entries = read_object(info) if info.exists() else {}
    columns = {"messages": "conversations", "chosen": "chosen", "rejected": "rejected", "system": "system"}
    entries[path.name.partition(".")[0]] = {
        "file_name": path.name,
        "ranking": True,
        "formatting": "sharegpt",
        "columns": columns,
    }
    with atomic_text(info) as stream:
        stream.write(json.dumps(entries, ensure_ascii=False, indent=2) + "\n")
    return info


def _placed(row: Row, source: str | Path) -> Preference | DataError:
    try:
        return _read(row)
    except DataError as error:
        return DataError(error.reason, path=source, line=row.line, hint=error.hint)


def _read(row: Row) -> Preference:
    fields = row.fields
    if "question" in fields and isinstance(fields.get("rejected"), str):
        example = read_own(row)[0]
        if not example.gold_sql:
            raise DataError("the field 'gold_sql' is empty")
        return _checked(Preference(example, text(fields, "rejected"), optional_text(fields, "why")))
    messages, chosen, rejected = _conversation(fields)
    found = list(examples_of(row, [*messages, ("assistant", chosen)]))
    return _checked(Preference(replace(found[-1], dialogue_id="", turn=0), unwrapped(unfenced(rejected.strip()))))


def _checked(preference: Preference) -> Preference:
    if preference.chosen == preference.rejected:
        raise DataError("chosen and rejected are the same query")
    return preference


def _conversation(fields: dict[str, Any]) -> tuple[list[tuple[str, str]], str, str]:
    """The messages before the answers, and both answers. Raises DataError."""
    if not {"chosen", "rejected"} <= fields.keys():
        raise DataError(f"no fields 'chosen' and 'rejected'; known formats: {KNOWN}")
    system = [("system", found)] if (found := optional_text(fields, "system")) else []
    if "conversations" in fields:
        turns = [(text(m, "from", "role"), text(m, "value", "content")) for m in objects(fields, "conversations")]
        return [*system, *turns], _answer(fields, "chosen"), _answer(fields, "rejected")
    if "instruction" in fields:
        asked = "\n".join(filter(None, (text(fields, "instruction"), optional_text(fields, "input"))))
        return [*system, ("user", asked)], _answer(fields, "chosen"), _answer(fields, "rejected")
    if isinstance(fields.get("prompt"), str):
        return [*system, ("user", text(fields, "prompt"))], _answer(fields, "chosen"), _answer(fields, "rejected")
    if "prompt" in fields:
        turns = [(text(m, "role"), text(m, "content")) for m in objects(fields, "prompt")]
        return [*system, *turns], _answer(fields, "chosen"), _answer(fields, "rejected")
    whole = [(text(m, "role"), text(m, "content")) for m in objects(fields, "chosen")]  # TRL's implicit prompt
    return [*system, *whole[:-1]], whole[-1][1], _answer(fields, "rejected")


def _answer(fields: dict[str, Any], name: str) -> str:
    """A text, a message, or messages of which the last one counts."""
    value = fields[name]
    if isinstance(value, list) and value:
        value = value[-1]
    if isinstance(value, dict):
        return text(value, "value", "content")
    return text(fields, name)


def _ranking_row(messages: Sequence[Message], chosen: Message, rejected: Message) -> dict[str, Any]:
    system = messages[0].content if messages[0].role == "system" else ""
    names = {"user": "human", "assistant": "gpt"}
    turns = [{"from": names[m.role], "value": m.content} for m in messages if m.role != "system"]
    answers = {"chosen": chosen, "rejected": rejected}
    ranked = {name: {"from": "gpt", "value": m.content} for name, m in answers.items()}
    return {"conversations": turns, "system": system, **ranked}


def _trl_row(messages: Sequence[Message], chosen: Message, rejected: Message) -> dict[str, Any]:
    return {
        "prompt": [m.to_dict() for m in messages],
        "chosen": [chosen.to_dict()],
        "rejected": [rejected.to_dict()],
    }
