"""From a prompt to the query to answer with: candidates, guard, execution, choice, confidence, repair.

The candidates' queries run through the caller's `run`, which checks and limits each statement, and the result that
most of the probability agrees on wins (self-consistency).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..core import Attempt, Outcome, QueryLimits
from ..core.answer import AnswerKind
from ..generation import Completion, Generator, PromptError, Sampling, SomeFailedError
from ..generation.generator import Result
from ..parser.choose import MAX_RUN, ResultGroup, Scored, choose
from ..prompts import Prompt
from .budget import QueryBudget, Run
from .options import REPAIRS
from .repair import repair_prompt
from .stopwatch import Lap

if TYPE_CHECKING:
    from ..core import GenerationError
    from ..parser.calibrate import Calibration
    from ..retrieval.verified import Verified

Step = Callable[[Lap], object]
# No other query follows: a timeout leaves no time for one.
FINAL = ("rows", "timeout", "not_run")


@dataclass(frozen=True, slots=True)
class Asked:
    """A prompt, and what runs the queries that answer it."""

    prompt: Prompt
    run: Run


@dataclass(frozen=True, slots=True)
class Decision:
    """What `prompt` is answered with: the query of the last of `attempts`; those before it failed.

    `others` ran and gave other results; `candidates` are the queries that were not chosen, as the model wrote them.
    `confidence` in [0, 1] is the calibrated probability that the answer is right; for samples without scores it is
    the share of them that gave this result. None for a single completion, and where no query ran. `agreement` in
    [0, 1] is the share of the probability on this result. `left_out` are words of the question that the query does not
    use. `tokens` counts what the model wrote, where it is known.

    kind "verified": the query of the pair in `verified`, without a model. "catalogue" and "small_talk": no query, so no
    attempt. `is_new`: the question was asked again without the conversation, and this is that answer.
    """

    prompt: Prompt
    attempts: tuple[Attempt, ...] = ()
    confidence: float | None = None
    agreement: float = 1.0
    others: tuple[ResultGroup, ...] = ()
    candidates: tuple[str, ...] = ()
    left_out: tuple[str, ...] = ()
    tokens: int = 0
    kind: AnswerKind = "query"
    verified: Verified | None = None
    is_new: bool = False

    @property
    def sql(self) -> str:
        """The text that the guard passed; the model's own text for a refused query; "" where there is no query."""
        return self.attempts[-1].outcome.sql if self.attempts else ""

    @property
    def ok(self) -> bool:
        """Whether the query ran."""
        return bool(self.attempts) and self.attempts[-1].outcome.ok


def decide(
    prompt: Prompt,
    generator: Generator,
    run: Run,
    sampling: Sampling,
    *,
    limits: QueryLimits = QueryLimits(),  # noqa: B008  (frozen)
    repairs: int = REPAIRS,
) -> Decision:
    """`decide_all` for one prompt. Raises SomeFailedError where the model gives no text for it."""
    (found,) = decide_all([Asked(prompt, run)], generator, sampling, limits=limits, repairs=repairs)
    if not isinstance(found, Decision):
        raise SomeFailedError([found])
    return found


def decide_all(
    asked: Sequence[Asked],
    generator: Generator,
    sampling: Sampling,
    *,
    limits: QueryLimits = QueryLimits(),  # noqa: B008
    repairs: int = REPAIRS,
    step: Step = lambda name: None,
) -> list[Decision | GenerationError]:
    """A Decision for each prompt, or why the model gave no text for it.

    All prompts are handed to the model together, then all that need a repair. A model that searches has shown all it
    found, so it gets no repair. `limits.timeout_s` is for all queries of a prompt together. `step` is called after the
    model and after the queries of each round; it may raise. Raises what `generator.generate` raises where no prompt
    can succeed.
    """
    needs = generator.needs
    sampling = replace(sampling, n=max(sampling.n, needs.candidates))
    budgets = [QueryBudget(limits, one.run) for one in asked]
    found: dict[int, Decision | GenerationError] = {}
    opened = {i: one.prompt for i, one in enumerate(asked)}
    for _ in range(repairs + 1):
        if not opened:
            break
        results = _generated(generator, list(opened.values()), sampling)
        step("generate_s")
        for i, result in zip(opened, results, strict=True):
            before = found.get(i)
            if isinstance(result, tuple):
                new = _decision(asked[i].prompt, result, budgets[i], needs.calibration)
                found[i] = _after(before, new) if isinstance(before, Decision) else new
            elif before is None or not isinstance(result, PromptError):  # the repair's prompt may be too long
                found[i] = result
        step("query_s")  # the guard's check included
        answered = {i: found[i] for i, result in zip(opened, results, strict=True) if isinstance(result, tuple)}
        opened = {} if needs.candidates > 1 else _to_repair(asked, answered)
    return [found[i] for i in range(len(asked))]


def _generated(generator: Generator, prompts: Sequence[Prompt], sampling: Sampling) -> Sequence[Result]:
    try:
        return generator.generate(prompts, sampling)
    except SomeFailedError as error:
        return error.results


def _to_repair(asked: Sequence[Asked], found: dict[int, Decision | GenerationError]) -> dict[int, Prompt]:
    """The prompts with the failed query and its error, for the queries that can be repaired."""
    repaired = {}
    for i, decision in found.items():
        if isinstance(decision, Decision):
            last = decision.attempts[-1]
            if not last.refused and last.outcome.status not in FINAL:
                repaired[i] = repair_prompt(asked[i].prompt, last)
    return repaired


def _after(before: Decision, repaired: Decision) -> Decision:
    attempts, tokens = (*before.attempts, *repaired.attempts), before.tokens + repaired.tokens
    return replace(repaired, attempts=attempts, tokens=tokens)


def _decision(
    prompt: Prompt, completions: Sequence[Completion], budget: QueryBudget, calibration: Calibration | None
) -> Decision:
    """The choice among one round's completions. No statement runs twice.

    Completions with scores (log probabilities) are the beams of one search: the likeliest run. Completions without
    scores are samples: all run, and each counts the same. Where none of several runs, the first one is the attempt;
    where the caller runs none, the likeliest that the guard allows.
    """
    written = [Scored(c.sql, c.score or 0.0, c.left_out) for c in completions]
    sampled = all(c.score is None for c in completions)
    outcomes: dict[str, Outcome] = {}

    def once(sql: str) -> Outcome:
        if sql not in outcomes:
            outcomes[sql] = budget.run(sql)
        return outcomes[sql]

    several = len(written) > 1
    choice = choose(written, once, calibration, most=len(written) if sampled else MAX_RUN) if several else None
    if choice is not None:
        chosen = next(i for i, query in enumerate(written) if query.sql == choice.sql)
    else:
        allowed = [i for i, q in enumerate(written) if q.sql in outcomes and outcomes[q.sql].status == "not_run"]
        chosen = max(allowed, key=lambda i: written[i].score, default=0)
    completion, query = completions[chosen], written[chosen]
    return Decision(
        prompt,
        (Attempt(completion.text, once(query.sql), refused=completion.refused),),
        confidence=None if choice is None else choice.agreement if sampled else choice.confidence,
        agreement=1.0 if choice is None else choice.agreement,
        others=() if choice is None else choice.alternatives,
        candidates=tuple(other.sql for i, other in enumerate(written) if i != chosen),
        left_out=query.left_out,
        tokens=sum(c.tokens or 0 for c in completions),
    )
