"""Store an evaluation in LangSmith: the questions as a data set, and the judged predictions as an experiment on it.

The client sends each request at once and waits for its answer, within a time limit. Its background queue is not used:
`Client.flush` waits without end where the thread behind the queue has died.
"""

from __future__ import annotations

import hashlib
import os
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..core import ConfigError, MissingExtraError, SqlwrightError
from .item import ItemReport
from .metrics import METRICS
from .report import Report

if TYPE_CHECKING:
    from langsmith import Client

DEFAULT_URL = "https://api.smith.langchain.com"
REQUEST_S = 20.0  # for one request
TRIES = 3
BATCH = 100  # examples of one request
EVALUATORS = ("execution_accuracy", "embedding_distance")
_NAMESPACE = uuid.UUID("5f0c0f6e-6d1c-4d3c-9a1e-1f6b9f0e7a11")  # ids of examples: the same for the same question


@dataclass(frozen=True, slots=True)
class Experiment:
    """What was stored: names, ids, and how many examples and runs."""

    dataset: str
    dataset_id: str
    project: str
    examples: int
    runs: int
    host: str


def langsmith_host() -> str:
    """Where the client sends to: LANGSMITH_ENDPOINT, or LangSmith itself."""
    return urlsplit(os.environ.get("LANGSMITH_ENDPOINT") or os.environ.get("LANGCHAIN_ENDPOINT") or DEFAULT_URL).netloc


def store_experiment(
    report: Report,
    project: str,
    *,
    dataset: str = "",
    limit_s: float = 600.0,
    say: Callable[[str], object] = lambda text: None,
) -> Experiment:
    """Store `report` as an experiment named `project` on the data set `dataset`, by default named after the questions.

    A data set of this name with the same questions is used again, so experiments can be compared. Each run has the
    verdict of our judge (`execution_accuracy`) and, where it was computed, `embedding_distance` as feedback.
    The key comes from LANGSMITH_API_KEY. Raises MissingExtraError, ConfigError without a key, and SqlwrightError where
    the server refuses or `limit_s` seconds are over; what was stored by then stays.
    """
    client = _client()
    deadline = time.monotonic() + limit_s
    name = dataset or dataset_name(report.items)
    try:
        dataset_id = _dataset(client, name, report, deadline)
        started = datetime.now(timezone.utc)
        session = client.create_project(
            project,
            reference_dataset_id=dataset_id,
            metadata=dict(_settings(report)),
            num_examples=len(report.items),
            evaluator_keys=list(_keys(report)),
        )
        runs = 0
        for item in report.items:
            _check(deadline, runs, len(report.items))
            _run(client, session.id, project, dataset_id, item, started)
            runs += 1
            if runs % BATCH == 0:
                say(f"{runs} of {len(report.items)} runs stored")
    except SqlwrightError:
        raise
    except Exception as error:  # the client's own errors share no base with those of requests
        host = langsmith_host()
        raise SqlwrightError(
            f"LangSmith at {host} gave an error: {type(error).__name__}: {str(error)[:300]}",
            "Check LANGSMITH_ENDPOINT, LANGSMITH_API_KEY, and whether the experiment's name is taken.",
        ) from error
    return Experiment(name, str(dataset_id), project, len(report.items), runs, langsmith_host())


def dataset_name(items: Sequence[ItemReport]) -> str:
    """`sqlwright-<hash>`: the same for the same questions with the same gold SQL."""
    digest = hashlib.sha256()
    for item in items:
        digest.update(
            f"{item.id}\0{item.db_id}\0{item.question}\0{item.gold_sql}\0".encode("utf-8", "backslashreplace")
        )
    return f"sqlwright-{digest.hexdigest()[:12]}"


def _client() -> Client:
    try:
        from langsmith import Client
        from urllib3.util import Retry
    except ImportError:
        raise MissingExtraError("--langsmith needs the langsmith client.", "trackers") from None
    if not (os.environ.get("LANGSMITH_API_KEY") or os.environ.get("LANGCHAIN_API_KEY")):
        raise ConfigError("LangSmith needs a key.", "Set LANGSMITH_API_KEY; LANGSMITH_ENDPOINT names another server.")
    milliseconds = int(REQUEST_S * 1000)
    retries = Retry(total=TRIES - 1, backoff_factor=0.2, status_forcelist=[429, 502, 503, 504], allowed_methods=None)
    return Client(auto_batch_tracing=False, timeout_ms=(milliseconds, milliseconds), retry_config=retries)


def _dataset(client: Client, name: str, report: Report, deadline: float) -> uuid.UUID:
    """The id of the data set, with all its examples."""
    if client.has_dataset(dataset_name=name):
        found: uuid.UUID = client.read_dataset(dataset_name=name).id
        known = {example.id for example in client.list_examples(dataset_id=found)}
    else:
        found = client.create_dataset(name, description="Questions with gold SQL, stored by sqlwright.").id
        known = set()
    missing = [item for item in report.items if _example_id(found, item) not in known]
    for start in range(0, len(missing), BATCH):
        _check(deadline, start, len(missing))
        examples = [_example(found, item) for item in missing[start : start + BATCH]]
        client.create_examples(dataset_id=found, examples=examples)
    return found


def _example(dataset_id: uuid.UUID, item: ItemReport) -> dict[str, Any]:
    history = [{"question": turn.question, "sql": turn.sql} for turn in item.history]
    inputs = {"question": item.question, "database": item.db_id}
    inputs |= {"history": history} if history else {}  # type: ignore[dict-item]
    inputs |= {"evidence": item.evidence} if item.evidence else {}
    return {
        "id": _example_id(dataset_id, item),
        "inputs": inputs,
        "reference_outputs": {"sql": item.gold_sql},
        "metadata": {"id": item.id, "hardness": item.hardness},
    }


def _example_id(dataset_id: uuid.UUID, item: ItemReport) -> uuid.UUID:
    return uuid.uuid5(_NAMESPACE, f"{dataset_id}\0{item.id}")


def _run(
    client: Client, session: uuid.UUID, project: str, dataset_id: uuid.UUID, item: ItemReport, started: datetime
) -> None:
    run_id = uuid.uuid4()
    seconds = item.latency_s or 0.0
    client.create_run(
        "predict",
        {"question": item.question, "database": item.db_id},
        "chain",
        id=run_id,
        project_name=project,
        reference_example_id=_example_id(dataset_id, item),
        outputs={"sql": item.predicted_sql},
        start_time=started,
        end_time=started + timedelta(seconds=seconds),
        extra={"metadata": {"state": item.state, "cause": item.cause or ""}},
    )
    for key, score, comment in _feedback(item):
        client.create_feedback(
            run_id,
            key,
            score=score,
            comment=comment or None,
            session_id=session,
            start_time=started,
            stop_after_attempt=TRIES,
        )


def _feedback(item: ItemReport) -> Iterator[tuple[str, float, str]]:
    """Scores of the evaluators that could judge the item. The reason is not among them: it quotes rows."""
    if item.strict_correct is not None:
        yield "execution_accuracy", float(item.strict_correct), item.cause or ""
    if item.embedding_distance is not None:
        yield "embedding_distance", item.embedding_distance, ""


def _keys(report: Report) -> Iterator[str]:
    for key in EVALUATORS:
        if any(found == key for item in report.items for found, _, _ in _feedback(item)):
            yield key


def _settings(report: Report) -> Mapping[str, Any]:
    """Scores and where they come from, beside the experiment."""
    scores = {name: score.value for name, score in report.scores.items() if name in METRICS and score.value is not None}
    provenance = {k: v for k, v in report.provenance.to_dict().items() if isinstance(v, (str, int, float, bool))}
    return {"sqlwright_scores": scores, **provenance}


def _check(deadline: float, done: int, total: int) -> None:
    if time.monotonic() > deadline:
        raise SqlwrightError(f"The time limit is over: {done} of {total} were stored in LangSmith.")
