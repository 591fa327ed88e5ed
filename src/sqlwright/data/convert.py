"""Examples to the files that trainers and graders read."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from ..core import DataError, Dialogue, Example, Message, NotFoundError, UsageError
from ..core.atomic import atomic_text
from ..prompts import with_answer
from .prompting import Contexts
from .reading import OnBadRow, group_dialogues, read_row_examples
from .rows import read_object

Target = Literal["sqlwright", "messages", "alpaca", "sharegpt"]


def convert_examples(
    examples: Iterable[Example],
    to: Target,
    *,
    contexts: Contexts | None = None,
    on_bad_row: OnBadRow,
) -> Iterator[dict[str, Any]]:
    """Rows of the format `to`; a question that cannot become one goes to `on_bad_row`.

    "sqlwright" is one row an Example. The chat formats are one row a dialogue, up to its last answer, as their trainers
    learn every answer of a row; the prompt is the one that asking makes, and in a dialogue the hints are those of its
    last question. A question without gold SQL has no answer to learn.
    """
    if to == "sqlwright":
        yield from (example.to_dict() for example in examples)
        return
    row_of = {"messages": _messages_row, "alpaca": _alpaca_row, "sharegpt": _sharegpt_row}[to]
    contexts = contexts or Contexts()
    for dialogue in group_dialogues(examples):
        messages = _conversation(dialogue, contexts, on_bad_row)
        if messages:
            yield row_of(messages)


def dataset_entry(to: Target, file_name: str) -> dict[str, Any]:
    """What LLaMA-Factory's dataset_info.json should say of a file (its data/README.md).

    Raises UsageError for our own rows, which it does not read.
    """
    if to == "alpaca":
        columns = {"prompt": "instruction", "query": "input", "response": "output"}
        return {"file_name": file_name, "columns": {**columns, "system": "system", "history": "history"}}
    if to == "sharegpt":
        columns = {"messages": "conversations", "system": "system"}
        return {"file_name": file_name, "formatting": "sharegpt", "columns": columns}
    if to == "messages":
        roles = {"user_tag": "user", "assistant_tag": "assistant", "system_tag": "system"}
        tags = {"role_tag": "role", "content_tag": "content", **roles}
        return {"file_name": file_name, "formatting": "sharegpt", "columns": {"messages": "messages"}, "tags": tags}
    raise UsageError(f"LLaMA-Factory does not read the format {to!r}.", "Known: alpaca, sharegpt, messages.")


def write_dataset_info(path: Path, to: Target) -> Path:
    """Enter the file `path` into the dataset_info.json beside it, under its stem; other entries stay."""
    info = path.with_name("dataset_info.json")
    entries = read_object(info) if info.exists() else {}
    entries[path.name.partition(".")[0]] = dataset_entry(to, path.name)
    with atomic_text(info) as stream:
        stream.write(json.dumps(entries, ensure_ascii=False, indent=2) + "\n")
    return info


def competition_answers(
    source: str | Path, predicted_sql: Mapping[str, str], *, on_bad_row: OnBadRow
) -> Iterator[list[dict[str, str]]]:
    """The answer file of the Chinese competitions: for each dialogue its turns with `question_id` and `query`.

    `source` is their dev.json, `predicted_sql` goes from our ids to SQL; an unanswered question has query "".
    """
    for row, examples in read_row_examples(source, format="interaction", on_bad_row=on_bad_row):
        turns = row.fields["interaction"]
        for dialogue in group_dialogues(examples):
            yield [
                {
                    "question_id": str(turns[e.turn].get("question_id", e.id)),
                    "question": e.question,
                    "db_id": e.db_id,
                    "query": predicted_sql.get(e.id, ""),
                }
                for e in dialogue.turns
            ]


def _conversation(dialogue: Dialogue, contexts: Contexts, on_bad_row: OnBadRow) -> tuple[Message, ...]:
    """Prompt and answers up to the dialogue's last SQL; nothing, and a report, where that cannot be made."""
    try:
        last = next((e for e in reversed(dialogue.turns) if e.gold_sql), None)
        if last is None:
            raise DataError("no gold SQL to learn from")
        return with_answer(contexts.prompt(last), last.gold_sql)
    except (DataError, NotFoundError) as error:
        on_bad_row(DataError(f"question {dialogue.turns[0].id!r}: {error.message}", hint=error.hint))
        return ()


def _messages_row(messages: tuple[Message, ...]) -> dict[str, Any]:
    return {"messages": [m.to_dict() for m in messages]}


def _alpaca_row(messages: tuple[Message, ...]) -> dict[str, Any]:
    system, turns = _system_apart(messages)
    *before, question, answer = (m.content for m in turns)
    history = [list(pair) for pair in zip(before[::2], before[1::2], strict=True)]
    return {"instruction": question, "input": "", "output": answer, "system": system, "history": history}


def _sharegpt_row(messages: tuple[Message, ...]) -> dict[str, Any]:
    system, turns = _system_apart(messages)
    names = {"user": "human", "assistant": "gpt"}
    return {"conversations": [{"from": names[m.role], "value": m.content} for m in turns], "system": system}


def _system_apart(messages: tuple[Message, ...]) -> tuple[str, tuple[Message, ...]]:
    if messages[0].role == "system":
        return messages[0].content, messages[1:]
    return "", messages
