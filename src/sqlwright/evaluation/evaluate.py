"""Predictions judged by running them: reads the files, sends the work out, puts the report together."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Literal

from ..core import Cause, DataError, Example, MissingExtraError, QueryLimits, Schema, SqlwrightError, UsageError
from ..data.databases import DatabaseFolder, Databases
from ..prompts.ddl import render_ddl
from .compare import DEFAULT_LIMITS
from .embedding_distance import Embed, embedder, embedding_distance
from .item import ItemReport
from .judge import Judges, judge_text, unjudged
from .metric import stored
from .metrics import verdicts
from .predictions import Pair, join, read_predictions
from .provenance import Provenance, limits_dict, sha256_file, sha256_items, this_machine
from .report import ENDED_EARLY, Report
from .workers import Lost, Task, cores, run_tasks

Engine = Literal["local", "ray"]

# One item runs at most: gold, prediction, both again inside larger limits, gold without LIMIT, and both without
# DISTINCT. A worker that takes longer than all of them together hangs where no limit of an engine reaches.
RUNS_PER_ITEM = 7
RUNS_ON_COPIES = 6 * 5  # of mutants.RECIPES: gold, prediction, both again, gold without LIMIT
SLACK_S = 20.0  # for what surrounds the runs: parsing, comparing columns


def evaluate(
    predictions_path: str | Path,
    data_path: str | Path,
    databases: str | Path | Databases | None = None,
    *,
    limits: QueryLimits = DEFAULT_LIMITS,
    workers: int | None = None,
    engine: Engine = "local",
    ray_address: str | None = None,
    embedding: str | None = None,
    tables: str | Path | None = None,
    copies: bool = False,
    data_format: str | None = None,
    limit: int | None = None,
    command: str = "",
    on_start: Callable[[int], object] = lambda total: None,
    on_done: Callable[[], object] = lambda: None,
) -> Report:
    """Judge every question of `data_path` (any format that `read_examples` knows), or its first `limit`.

    `databases` is a folder of files, or Databases. A question whose database is not there runs on one made from the
    CREATE and INSERT statements of its own row; where there are none either, it is reported as "no_database", has text
    scores only and stays out of the execution scores. A question without a prediction counts as wrong. `tables` is a
    tables.json in Spider's format. With `copies`, what is right is also run on changed copies of its SQLite database,
    which shows what was right by luck. `workers` are processes on this machine or, with the engine ray, on the cluster
    at `ray_address`; without an address Ray starts one here. `embedding` is a model for `embedding_distance.embedder`.
    `on_start` is told how many items will run, `on_done` of each.

    Raises DataError where the files cannot be read or do not belong together, UsageError where no database of the
    data is there, and SqlwrightError where a database file changed during the run or nothing could be judged.
    """
    started, clock = dt.datetime.now(dt.timezone.utc), time.monotonic()
    examples, pairs = _read(predictions_path, data_path, data_format, limit)
    found = DatabaseFolder(databases) if isinstance(databases, (str, Path)) else databases
    targets = _targets(found, examples, data_path)
    schemas = _schemas(tables)
    before = {name: digest for name, target in sorted(targets.items()) if (digest := _hash(target))}
    embed = embedder(embedding) if embedding else None
    # This process has nothing else to do while the workers run.
    with TemporaryDirectory(prefix="sqlwright-") as scratch, ThreadPoolExecutor(1) as beside:
        texts, ddl = beside.submit(_text_scores, pairs, embed), beside.submit(_ddl, found, targets)
        judges = Judges(targets, limits, schemas, _golds(examples) if copies else {}, scratch)
        runner = run_tasks if engine == "local" else _on_ray(ray_address)
        items = _judge(pairs, judges, runner, workers, on_start, on_done)
        bleu, of_item = texts.result()
    _refuse_changes(targets, before)
    provenance = Provenance(
        command=command,
        model=_model(pairs),
        predictions=str(predictions_path),
        predictions_sha256=_hash(predictions_path),
        data=str(data_path),
        data_sha256=_hash(data_path),
        items_sha256=sha256_items(examples),
        databases=before,
        limits=limits_dict(limits),
        workers=workers or cores(),
        started=started.isoformat(timespec="seconds"),
        elapsed_s=round(time.monotonic() - clock, 3),
        **this_machine(),
    )
    items = tuple(replace(i, **of_item.get(i.id, {})) for i in items)
    return Report(items, bleu, provenance, ddl.result())


def _read(
    predictions_path: str | Path, data_path: str | Path, data_format: str | None, limit: int | None
) -> tuple[list[Example], tuple[Pair, ...]]:
    from ..data.reading import read_examples

    predictions = read_predictions(predictions_path)
    examples = list(read_examples(data_path, format=data_format, strict=True))
    for example in examples:
        if example.answerable and not example.gold_sql:
            hint = "Evaluation needs a gold query for every question."
            raise DataError(f"question {example.id!r} has no gold SQL", path=data_path, hint=hint)
    pairs = join(examples, predictions, path=predictions_path, data=data_path)
    return examples[:limit], pairs[:limit]


def _targets(databases: Databases | None, examples: Sequence[Example], data_path: str | Path) -> dict[str, str]:
    """What to open by db_id. Raises UsageError where databases are named and hold nothing that is asked for."""
    if databases is None:
        return {}
    targets = {e.db_id: databases.target(e.db_id) for e in examples if e.db_id in databases}
    if not targets and not any(e.ddl for e in examples):
        raise UsageError(
            f"None of the databases of {data_path} is under {databases}, such as {examples[0].db_id!r}.",
            "Expected DIR/<db_id>/<db_id>.sqlite or DIR/<db_id>.sqlite.",
        )
    return targets


def _schemas(tables: str | Path | None) -> dict[str, Schema]:
    if tables is None:
        return {}
    from ..data.schemas import read_schemas

    return read_schemas(tables)


def _judge(
    pairs: Sequence[Pair],
    judges: Judges,
    runner: Callable[..., list[ItemReport | Lost]],
    workers: int | None,
    on_start: Callable[[int], object],
    on_done: Callable[[], object],
) -> tuple[ItemReport, ...]:
    groups = {i: group for i, p in enumerate(pairs) if (group := judges.group(p.example)) is not None}
    runnable = list(groups)
    on_start(len(runnable))
    runs = RUNS_PER_ITEM + (RUNS_ON_COPIES if judges.golds else 0)
    results = runner(
        [Task(groups[i], pairs[i]) for i in runnable],
        judges,
        workers=workers,
        kill_after_s=runs * judges.limits.timeout_s + SLACK_S,
        on_done=on_done,
    )
    errors = [r for r in results if isinstance(r, Lost) and r.kind == "error"]
    if errors and len(errors) == len(results):  # not the predictions' doing
        raise SqlwrightError(f"No prediction could be judged: {errors[0].message}")
    judged = dict(zip(runnable, results, strict=True))
    return tuple(_item(pair, judged.get(i), judges.schemas) for i, pair in enumerate(pairs))


def _on_ray(address: str | None) -> Callable[..., list[ItemReport | Lost]]:
    from .ray_engine import run_tasks_on_ray

    return partial(run_tasks_on_ray, address=address)


def _item(pair: Pair, result: ItemReport | Lost | None, schemas: Mapping[str, Schema]) -> ItemReport:
    """The worker's report; of an item that took its worker along a wrong one; of one that was not run its text's."""
    if isinstance(result, ItemReport):
        return result
    if result is None:
        return judge_text(pair, schemas.get(pair.example.db_id)) if pair.example.answerable else unjudged(pair)
    cause: Cause = "timeout" if result.kind == "timeout" else "error"
    reason = ENDED_EARLY + result.message
    item = replace(unjudged(pair), state="judged", no_power=False, cause=cause, reason=reason)
    return stored(item, verdicts(), {metric.name: False for metric in verdicts()})


def _refuse_changes(targets: Mapping[str, str], before: Mapping[str, str]) -> None:
    changed = [name for name, digest in before.items() if sha256_file(Path(targets[name])) != digest]
    if changed:
        raise SqlwrightError(
            f"The evaluation is void: the database file of {', '.join(changed)} changed while it ran.",
            "Predictions run read-only, so another program wrote to it. Close that and evaluate again.",
        )


def _hash(source: str | Path) -> str:
    """Empty for what is no file: the standard input, a data set of a hub."""
    return sha256_file(Path(source)) if Path(source).is_file() else ""


def _text_scores(pairs: Sequence[Pair], embed: Embed | None) -> tuple[float | None, dict[str, dict[str, Any]]]:
    """The corpus's BLEU, and by id the BLEU, ROUGE-L and, where a model is named, embedding distance of each pair.

    Without the extra prove there is no BLEU and no ROUGE-L.
    """
    asked = [p for p in pairs if p.example.answerable]
    if not asked:
        return None, {}
    texts = [p.predicted_sql for p in asked], [p.example.gold_sql for p in asked]
    corpus, found = _bleu_and_rouge(*texts)
    distances = embedding_distance(*texts, embed) if embed else [None] * len(asked)
    scores = {p.example.id: {**row, "embedding_distance": d} for p, row, d in zip(asked, found, distances, strict=True)}
    return corpus, scores


def _bleu_and_rouge(predictions: Sequence[str], golds: Sequence[str]) -> tuple[float | None, list[dict[str, float]]]:
    """The corpus's BLEU, and both scores of each pair; None and no scores without the extra prove."""
    from .text_metrics import bleu, rouge_l

    try:
        bleus, rouges = bleu(predictions, golds), rouge_l(predictions, golds)
    except MissingExtraError:
        return None, [{} for _ in golds]
    items = zip(bleus.items, rouges.items, strict=True)
    return bleus.corpus, [{"bleu": round(b, 6), "rouge_l": round(r, 6)} for b, r in items]


def _golds(examples: Sequence[Example]) -> dict[str, tuple[str, ...]]:
    by_database: dict[str, list[str]] = {}
    for example in examples:
        by_database.setdefault(example.db_id, []).append(example.gold_sql)
    return {name: tuple(golds) for name, golds in by_database.items()}


def _ddl(databases: Databases | None, names: Iterable[str]) -> dict[str, str]:
    return {name: render_ddl(databases.schema(name)) for name in sorted(names)} if databases else {}


def _model(pairs: Sequence[Pair]) -> str:
    """The names the predictions give, most often one."""
    return ", ".join(dict.fromkeys(p.prediction.model for p in pairs if p.prediction and p.prediction.model))
