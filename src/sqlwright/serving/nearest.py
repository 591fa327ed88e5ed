"""A question to one of several connections: to the one that it is about, or to that of the conversation."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from ..answering import Entry, Stop
from ..answering.several import ask_candidates
from ..core import Answer, Language, Turn
from ..core.candidate import Candidate
from ..generation import Generator, Sampling
from ..inference.follow_up import refers_back
from .connection import Connection
from .service import Service, Written


def ask_nearest(
    question: str,
    service: Service,
    connections: Sequence[Connection],
    *,
    current: str = "",
    history: Sequence[Turn] = (),
    sampling: Sampling | None = None,
    max_rows: int | None = None,
    stop: Stop | None = None,
    source: str = "api",
    language: Language | None = None,
    model: Generator | None = None,
    written: Written | None = None,
    on_asked: Callable[[str], object] = lambda name: None,
) -> Answer:
    """`Service.ask` of the connection that `question` is about; with one connection, asks that one.

    `history` is a conversation with the connection called `current`; no other connection gets it. A question goes to
    another connection only if that one is clearly nearer. A question with a word that may refer back stays, unless it
    names tables, columns or values of another connection and none of the current one.

    `Answer.database` is the connection's name, and `candidates` are all of them where they were compared. A refused
    answer without a database says that none fits. The total time includes the comparison.

    `on_asked` gets the name of each connection before its model is asked. Raises what `Service.ask` raises.
    """
    started = time.perf_counter()
    stop, by_name = stop or Stop(), {connection.name: connection for connection in connections}
    current = current if history and current in by_name else ""

    def asked(name: str) -> Answer:
        on_asked(name)
        return service.ask(
            question,
            by_name[name],
            history=history if name == current else (),
            sampling=sampling,
            max_rows=max_rows,
            stop=stop,
            source=source,
            language=language,
            model=model,
            written=written,
        )

    if len(by_name) == 1:
        name = next(iter(by_name))
        return replace(asked(name), database=name)
    candidates = service.route(question, connections, stop)
    if current and refers_back(question) and not _about_another(candidates, current):
        return replace(asked(current), database=current)
    answer = ask_candidates(question, candidates, asked, connections[0].dialect, language, current=current)
    answer = replace(answer, timings=replace(answer.timings, total_s=time.perf_counter() - started))
    if service.log and not answer.database:  # no connection was asked, so nobody has noted it
        service.log.record(Entry.of(answer, source, history))
    return answer


def _about_another(candidates: Sequence[Candidate], current: str) -> bool:
    """Whether the question names something of another database and nothing of the current one."""
    own = next(candidate for candidate in candidates if candidate.database == current)
    return not own.mentions and any(candidate.mentions for candidate in candidates)
