"""Predictions and their evaluation on a Ray cluster, which runs workers on many machines and replaces dead ones.

All machines read the databases and the model under the same paths.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..core import Example, GenerationError, MissingExtraError, Schema
from ..generation import Generator
from .predict_options import PredictOptions
from .predict_worker import AnsweredBatch, PredictWorker
from .workers import Lost, OpenGroup, R, T, Task, run_tasks

if TYPE_CHECKING:
    from ..data.databases import Databases

RESTARTS = 3  # of a worker, and of the batch that it died with
CHUNK = 200  # predictions that one Ray task judges
BATCHES_AHEAD = 2  # for each worker, so that none waits for the next batch


class RayEngine:
    """Asks questions in `workers` actors (default: one per core), each with the model that `load` gives.

    `options_of` gives the settings for that model. `address` is that of a running cluster; without one, Ray starts one
    on this machine. An actor takes a GPU where the cluster has one for each. Raises MissingExtraError without ray, and
    what `load` and `PredictWorker` raise.
    """

    def __init__(
        self,
        load: Callable[[], Generator],
        databases: Databases | None,
        schemas: Mapping[str, Schema] | None,
        options_of: Callable[[Generator], PredictOptions],
        *,
        workers: int | None = None,
        address: str | None = None,
    ) -> None:
        self._ray = connected(address)
        count = workers or _cores(self._ray)
        gpus = 1 if self._ray.cluster_resources().get("GPU", 0) >= count else 0
        actor = self._ray.remote(num_cpus=1, num_gpus=gpus, max_restarts=RESTARTS, max_task_retries=RESTARTS)(_Actor)
        self._actors = [actor.remote(load, databases, schemas, options_of) for _ in range(count)]
        self.name, self.options = self._get(self._actors[0].about.remote())

    def run(self, batches: Iterable[Sequence[Example]]) -> Iterator[AnsweredBatch]:
        """The answers as they come. Raises GenerationError where workers keep dying."""
        running: dict[Any, Any] = {}  # the actor of each result to come
        idle = self._actors * BATCHES_AHEAD
        waiting = iter(batches)
        while True:
            while idle and (batch := next(waiting, None)) is not None:
                actor = idle.pop()
                running[actor.answer.remote(list(batch))] = actor
            if not running:
                return
            (done,), _ = self._ray.wait(list(running), num_returns=1)
            idle.append(running.pop(done))
            yield self._get(done)

    def _get(self, reference: Any) -> Any:
        """Raises what the worker raised, as it raised it."""
        try:
            return self._ray.get(reference)
        except self._ray.exceptions.RayTaskError as error:
            raise (error.cause if isinstance(error.cause, Exception) else error) from error
        except self._ray.exceptions.RayActorError as error:
            raise GenerationError(
                f"A worker died {RESTARTS + 1} times: {error}", "What was finished is in the file; look for memory."
            ) from error

    def __enter__(self) -> RayEngine:
        return self

    def __exit__(self, *_: object) -> None:
        for actor in self._actors:
            self._ray.kill(actor)


class _Actor:
    """A `PredictWorker` in a process of the cluster."""

    def __init__(
        self,
        load: Callable[[], Generator],
        databases: Databases | None,
        schemas: Mapping[str, Schema] | None,
        options_of: Callable[[Generator], PredictOptions],
    ) -> None:
        generator = load()
        self._worker = PredictWorker(generator, databases, schemas, options_of(generator))

    def about(self) -> tuple[str, PredictOptions]:
        return self._worker.name, self._worker.options

    def answer(self, batch: Sequence[Example]) -> AnsweredBatch:
        return self._worker.answer(batch)


def run_tasks_on_ray(
    tasks: Sequence[Task[T]],
    open_group: OpenGroup[T, R],
    *,
    workers: int | None = None,
    kill_after_s: float,
    on_done: Callable[[], object] = lambda: None,
    address: str | None = None,
) -> list[R | Lost]:
    """What `workers.run_tasks` does, in chunks on a cluster. `workers` are chunks at once (default: one per core).

    A chunk whose machine is lost is run again elsewhere. Raises MissingExtraError without ray.
    """
    ray = connected(address)
    judge = ray.remote(num_cpus=1, max_retries=RESTARTS)(_judge_chunk)
    shared = ray.put(open_group)
    by_group = sorted(range(len(tasks)), key=lambda i: (tasks[i].group, i))
    chunks = [by_group[i : i + CHUNK] for i in range(0, len(by_group), CHUNK)]
    most = workers or _cores(ray)
    results: dict[int, R | Lost] = {}
    running: dict[Any, list[int]] = {}
    while chunks or running:
        while chunks and len(running) < most:
            chunk = chunks.pop(0)
            running[judge.remote([tasks[i] for i in chunk], shared, kill_after_s)] = chunk
        (done,), _ = ray.wait(list(running), num_returns=1)
        for index, result in zip(running.pop(done), ray.get(done), strict=True):
            results[index] = result
            on_done()
    return [results[i] for i in range(len(tasks))]


def _judge_chunk(tasks: Sequence[Task[T]], open_group: OpenGroup[T, R], kill_after_s: float) -> list[R | Lost]:
    return run_tasks(tasks, open_group, workers=1, kill_after_s=kill_after_s)


def connected(address: str | None) -> Any:
    """The module ray, connected to a cluster. Ray's usage statistics are off, unless the user has turned them on."""
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    try:
        import ray
    except ImportError as error:
        raise MissingExtraError("A cluster needs ray.", "ray") from error
    if not ray.is_initialized():
        ray.init(
            address=address,
            include_dashboard=False,
            log_to_driver=False,
            configure_logging=False,
        )
    return ray


def _cores(ray: Any) -> int:
    return max(1, int(ray.cluster_resources().get("CPU", 1)))
