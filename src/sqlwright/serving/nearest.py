"""A question to one of several connections: to the one that it is about, or to that of the conversation."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace

from ..answering import Entry, Stop
from ..answering.several import ask_candidates
from ..core import Answer, Language, Turn
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
) -> Answer:
    """`Service.ask` of the connection that `question` is about; of one, simply that.

    `history` is a conversation with the connection called `current`, and no other is told of it. A question with a
    word that refers back stays there; any other goes elsewhere only where another is clearly nearer.

    `Answer.database` is the connection's name, and `candidates` are all of them where they were compared. A refused
    answer without a database says that none fits. The total time includes the comparison.

    Raises what `Service.ask` raises.
    """
    started = time.perf_counter()
    stop, by_name = stop or Stop(), {connection.name: connection for connection in connections}
    current = current if history and current in by_name else ""

    def asked(name: str) -> Answer:
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
        return asked(next(iter(by_name)))
    if current and refers_back(question):
        return replace(asked(current), database=current)
    candidates = service.route(question, connections, stop)
    answer = ask_candidates(question, candidates, asked, connections[0].dialect, language, current=current)
    answer = replace(answer, timings=replace(answer.timings, total_s=time.perf_counter() - started))
    if service.log and not answer.database:  # no connection was asked, so nobody has noted it
        service.log.record(Entry.of(answer, source, history))
    return answer
