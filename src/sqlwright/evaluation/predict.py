"""A model's SQL for every question of a data set, into a file that can be continued."""

from __future__ import annotations

import hashlib
import json
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from ..core import DataError, Example, GenerationError, NotFoundError, Schema, Turn
from ..generation import Generator
from .predict_options import PredictOptions
from .predict_worker import AnsweredBatch, PredictWorker
from .resumable import ResumableFile

if TYPE_CHECKING:
    from ..data.databases import Databases


class PredictEngine(Protocol):
    """Where questions are asked: `PredictWorker` in this process, `ray_engine.RayEngine` in those of a cluster.

    `run` gives the answers in any order and takes the next batch when it has room for it.
    """

    name: str
    options: PredictOptions

    def run(self, batches: Iterable[Sequence[Example]]) -> Iterator[AnsweredBatch]: ...


@dataclass(frozen=True, slots=True)
class PredictProgress:
    """`done` counts what the file holds, failures too; `kept` is what an earlier run left there."""

    total: int
    kept: int
    done: int = 0
    failed: int = 0


@dataclass(frozen=True, slots=True)
class PredictReport:
    """`failed` holds (id, reason); `tokens` and `elapsed_s` are of this run alone."""

    total: int
    asked: int
    failed: tuple[tuple[str, str], ...]
    tokens: int
    elapsed_s: float


def predict(
    generator: Generator,
    examples: Sequence[Example],
    databases: Databases | None,
    out: Path,
    *,
    schemas: Mapping[str, Schema] | None = None,
    options: PredictOptions | None = None,
    run: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    on_progress: Callable[[PredictProgress], None] = lambda progress: None,
) -> PredictReport:
    """Ask `generator` every question and write lines as `Prediction.to_dict` gives them to `out`.

    The schema is the row's own DDL, else the database's in `databases`, else that of `schemas`. Questions about one
    database are asked together; each batch is in the file before the next is asked, and the finished file is in the
    order of `examples`. A question that fails keeps a line with `error` and an empty prediction. Called again with
    the same arguments it goes on where it was stopped and asks the failed ones again; `run` holds what else has to
    be the same for that.

    Raises NotFoundError where a schema is missing, UsageError where `out` belongs to another run, ConnectError and
    GenerationError where the model answers nothing any more. What was finished stays in the file.
    """
    check_questions(examples, databases, schemas or {})
    with PredictWorker(generator, databases, schemas, options or PredictOptions()) as worker:
        return predict_on(worker, examples, out, run=run, overwrite=overwrite, on_progress=on_progress)


def predict_on(
    engine: PredictEngine,
    examples: Sequence[Example],
    out: Path,
    *,
    run: Mapping[str, Any] | None = None,
    overwrite: bool = False,
    on_progress: Callable[[PredictProgress], None] = lambda progress: None,
) -> PredictReport:
    """What `predict` does, with the model and the databases that `engine` has. Raises what `predict` raises."""
    given = identity(engine.name, examples, engine.options)
    file = ResumableFile(out, {**given, **(run or {})}, overwrite=overwrite)
    turns = {(e.dialogue_id, e.turn): e.id for e in examples}
    progress = PredictProgress(len(examples), kept=sum("error" not in r for r in file.rows.values()))
    started, asked, tokens = time.monotonic(), 0, 0
    answers = False  # whether the batch before had an answer
    on_progress(replace(progress, done=progress.kept))
    for stage in stages(examples, engine.options):
        missing = (wanted for batch in stage if (wanted := _wanted(batch, file, engine.options, turns)))
        for answered in engine.run(missing):
            file.append([row for row in answered.rows if "error" in file.rows.get(row["id"], {"error": ""})])
            asked, tokens = asked + len(answered.rows), tokens + answered.tokens
            if answered.failure and not answers:
                # A model that answers nothing any more would fail every later question as well, slowly.
                raise GenerationError(
                    f"The model answers nothing: {answered.failure.message}", answered.failure.hint
                ) from answered.failure
            answers = answered.failure is None
            failed = sum("error" in r for r in file.rows.values())
            on_progress(replace(progress, done=len(file.rows), failed=failed))
    file.finish(e.id for e in examples)
    failures = tuple((e.id, file.rows[e.id]["error"]) for e in examples if "error" in file.rows[e.id])
    return PredictReport(len(examples), asked, failures, tokens, time.monotonic() - started)


def _wanted(
    batch: Sequence[Example], file: ResumableFile, options: PredictOptions, turns: Mapping[tuple[str, int], str]
) -> list[Example]:
    """The questions of a batch to ask, with their history: those without an answer; all where some were never asked.

    A batch cut short is asked whole, since its padding can sway the last bit of a local model's numbers.
    """
    missing = [e for e in batch if e.id not in file.rows]
    failed = [e for e in batch if "error" in file.rows.get(e.id, {})]
    return [_with_history(e, file, options, turns) for e in (batch if missing else failed)]


def _with_history(
    example: Example, file: ResumableFile, options: PredictOptions, turns: Mapping[tuple[str, int], str]
) -> Example:
    if options.history == "gold" or not example.dialogue_id:
        return example
    history = []
    for number, turn in enumerate(example.history):
        earlier = turns.get((example.dialogue_id, number))
        history.append(Turn(turn.question, file.rows[earlier]["predicted_sql"]) if earlier else turn)
    return replace(example, history=tuple(history))


def identity(model: str, examples: Sequence[Example], options: PredictOptions) -> dict[str, Any]:
    """What has to be the same for a run to be continued. The batch size may change."""
    versions = {}
    for package in ("sqlwright", "transformers", "torch"):
        with suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    digest = hashlib.sha256()
    for example in examples:
        digest.update(json.dumps(asdict(example), ensure_ascii=False).encode("utf-8", "backslashreplace"))
    settings = {k: v for k, v in asdict(options).items() if k != "batch_size"}
    return {"model": model, "n": len(examples), "data_sha256": digest.hexdigest(), **settings, "versions": versions}


def stages(examples: Sequence[Example], options: PredictOptions) -> Iterator[Iterator[list[Example]]]:
    """Batches, the same for the same call, in stages that come one after the other.

    There is one stage, but with the model's own history: then a turn comes after the one before it.
    """
    of_turn = defaultdict(list)
    for example in examples:
        of_turn[example.turn if options.history == "predicted" else 0].append(example)
    for _, stage in sorted(of_turn.items()):
        yield batches(stage, options.batch_size)


def batches(examples: Sequence[Example], size: int) -> Iterator[list[Example]]:
    """Questions about one database together, the remainders of small ones at the end."""
    groups = defaultdict(list)
    for example in examples:
        groups["" if example.ddl else example.db_id].append(example)
    rest: list[Example] = []
    for group in groups.values():
        cut = len(group) - len(group) % size
        if len(group) - cut > size // 4:
            cut = len(group)
        yield from (group[i : min(i + size, cut)] for i in range(0, cut, size))
        rest += group[cut:]
    yield from (rest[i : i + size] for i in range(0, len(rest), size))


def check_questions(examples: Sequence[Example], databases: Databases | None, schemas: Mapping[str, Schema]) -> None:
    """What is worth knowing before a model is loaded.

    Raises DataError where there is nothing to ask or an id is there twice, NotFoundError where a schema is missing.
    """
    if not examples:
        raise DataError("there are no questions")
    seen: set[str] = set()
    for example in examples:
        if example.id in seen:
            raise DataError(f"the id {example.id!r} is there twice")
        seen.add(example.id)
    found = {e.db_id for e in examples if e.db_id in schemas or (databases is not None and e.db_id in databases)}
    missing = [e for e in examples if not e.ddl and e.db_id not in found]
    if missing:
        names = sorted({e.db_id for e in missing})
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        raise NotFoundError(
            f"{len(missing)} of {len(examples)} questions have no schema: {shown}.",
            "Pass --databases DIR with <db_id>/<db_id>.sqlite, or --tables tables.json.",
        )
