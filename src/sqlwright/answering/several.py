"""One question and several databases: the nearest is asked, and the next one where that holds no answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from ..core import Answer, Dialect, Language, Note, language_of
from ..core.candidate import Candidate
from ..core.script import unread_script
from ..core.words import listed, say
from ..inference.route import Judge, Known, route

NEARLY = 0.7  # of the share of the database that answers: the question may well mean the other one
STAYS = 0.3  # of the nearest database's share: enough for the database of the conversation
NEXT_SHARE = 0.1  # of the evidence: a database with less is not asked after another one
MOST_ASKED = 2


def ask_several(
    question: str,
    databases: Sequence[Known],
    judge: Judge,
    ask: Callable[[str], Answer],
    language: Language | None = None,
    *,
    current: str = "",
) -> Answer:
    """`ask(name)` of the database that `question` is about, with all candidates. `databases` are two or more.

    A conversation stays with its `current` database unless another is clearly nearer, also where none fits.

    An answer with status "refused" and no database says that none fits. Raises what `ask` raises.
    """
    candidates = route(question, databases, judge)
    dialect = databases[0].context.schema.dialect
    return ask_candidates(question, candidates, ask, dialect, language, current=current)


def ask_candidates(
    question: str,
    candidates: tuple[Candidate, ...],
    ask: Callable[[str], Answer],
    dialect: Dialect,
    language: Language | None = None,
    *,
    current: str = "",
) -> Answer:
    """`ask_several` of databases that were compared with the question before.

    `dialect` is that of an answer which says that none fits.
    """
    best = candidates[0].share
    order = sorted(candidates, key=lambda c: c.database != current or c.share < STAYS * best)
    near = [c for c in order[:MOST_ASKED] if c is order[0] or c.share >= NEXT_SHARE]
    if not best and current:  # nothing speaks for another: the question may follow up on the one before
        return replace(ask(current), database=current)
    if not best:
        language = language or language_of(question)
        names = listed((candidate.database for candidate in candidates), language)
        reason = say("no_database", language, count=len(candidates), names=names)
        if script := unread_script(question):  # the built-in model chooses
            reason = f"{say(f'unread_{script}', language)} {reason}"
        return Answer(question, "refused", "", dialect, "", reason=reason, candidates=candidates)
    first: Answer | None = None
    for candidate in near:
        answer = replace(ask(candidate.database), database=candidate.database, candidates=candidates)
        answer = replace(answer, notes=(*_unsure(answer, language or language_of(question)), *answer.notes))
        if answer.table is not None or answer.status != "refused" or answer.kind == "small_talk":
            return answer
        first = first or answer
    assert first is not None
    return first


def _unsure(answer: Answer, language: Language) -> tuple[Note, ...]:
    """A note that names the databases that came nearly as near as the one that answers; () for small talk."""
    own = next(c for c in answer.candidates if c.database == answer.database)
    others = [c.database for c in answer.candidates if c is not own and c.share >= NEARLY * own.share]
    if not others or answer.kind == "small_talk":
        return ()
    text = say("unsure_database", language, others=listed(others, language), database=answer.database)
    return (Note("unsure_database", text),)
