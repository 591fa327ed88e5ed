"""From a question about a database to the query that answers it.

In this order: a verified pair that asks the same; small talk and questions about the catalogue, which need no query;
the model's query. A question in a conversation may be asked a second time without it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from ..core import Attempt, ConfigError, GenerationError, Retrieved, RetrievedSource, SqlwrightError, Turn
from ..data.prompting import Context, prompt_for
from ..generation import Generator, SomeFailedError
from ..prompts import Prompt
from .budget import Run
from .catalogue import catalogue_table
from .decide import Asked, Decision, Step, decide_all
from .follow_up import is_repeated, may_be_new, refers_back
from .options import InferenceOptions
from .small_talk import small_talk

if TYPE_CHECKING:
    from ..retrieval import Knowledge

Results = dict[int, Decision | SqlwrightError]


@dataclass(frozen=True, slots=True)
class Question:
    """A question, what is known of its database, and what runs its queries.

    `knowledge` is what the database was taught; without it nothing is retrieved.
    """

    text: str
    context: Context
    run: Run
    history: tuple[Turn, ...] = ()
    evidence: str = ""
    knowledge: Knowledge | None = None


def infer(
    question: Question, generator: Generator, options: InferenceOptions, step: Step = lambda name: None
) -> Decision:
    """`infer_all` for one question. Raises ConfigError where no prompt fits, SomeFailedError without a text."""
    (found,) = infer_all([question], generator, options, step)
    if isinstance(found, GenerationError):
        raise SomeFailedError([found])
    if isinstance(found, SqlwrightError):
        raise found
    return found


def infer_all(
    questions: Sequence[Question], generator: Generator, options: InferenceOptions, step: Step = lambda name: None
) -> list[Decision | SqlwrightError]:
    """A Decision for each question, or why there is none: GenerationError of the model, ConfigError of the prompt.

    The model gets all questions together. `step` is called after each step with its name and may raise. Raises what
    `generator.generate` raises where no prompt can succeed.
    """
    found: Results = {}
    for i, question in enumerate(questions):
        if (known := _verified(question, options, step) or _without_query(question)) is not None:
            found[i] = known
    asked = {i: question for i, question in enumerate(questions) if i not in found}
    found |= _asked(asked, generator, options, step)
    maybe_new = {i: replace(q, history=()) for i, q in asked.items() if _may_be_new(q, found[i], generator)}
    for i, anew in _asked(maybe_new, generator, options, step).items():
        before = found[i]
        if isinstance(anew, Decision) and isinstance(before, Decision):
            found[i] = replace(anew, is_new=True) if _is_better(anew, before, questions[i]) else before
        else:
            found[i] = anew
    return [found[i] for i in range(len(questions))]


def _verified(question: Question, options: InferenceOptions, step: Step) -> Decision | None:
    """The verified pair that asks the same; None where there is none, or its query does not run today."""
    knowledge, context = question.knowledge, question.context
    if knowledge is None or question.evidence or (question.history and refers_back(question.text)):
        return None
    found = knowledge.verified(question.text, context.values, context.schema.dialect)
    if found is None:
        return None
    outcome = question.run(found.sql, options.limits)
    step("query_s")
    if outcome.status not in ("rows", "not_run"):
        return None
    source = RetrievedSource("pair", found.pair.place, 1.0, found.pair.text, found.pair.sql)
    prompt = Prompt(question.text, context.schema, (), "", sources=(source,))
    return Decision(prompt, (Attempt(found.sql, outcome),), kind="verified", verified=found)


def _without_query(question: Question) -> Decision | None:
    schema = question.context.schema
    prompt = Prompt(question.text, schema, (), "", profile=question.context.profile)
    if small_talk(question.text):
        return Decision(prompt, kind="small_talk")
    return Decision(prompt, kind="catalogue") if catalogue_table(question.text, schema) is not None else None


def _asked(questions: Mapping[int, Question], generator: Generator, options: InferenceOptions, step: Step) -> Results:
    """What the model answers to each question."""
    prompts = {i: _prompt(question, generator, options) for i, question in questions.items()}
    failed = {i: error for i, error in prompts.items() if isinstance(error, ConfigError)}
    asked = {i: Asked(prompt, questions[i].run) for i, prompt in prompts.items() if isinstance(prompt, Prompt)}
    if not asked:
        return {**failed}
    step("prompt_s")
    limits, repairs = options.limits, options.repairs
    decided = decide_all(list(asked.values()), generator, options.sampling, limits=limits, repairs=repairs, step=step)
    return {**failed, **dict(zip(asked, decided, strict=True))}


def _prompt(question: Question, generator: Generator, options: InferenceOptions) -> Prompt | ConfigError:
    """ConfigError for a schema that fits in no form."""
    retrieved = _retrieved(question, sources=generator.needs.messages)
    try:
        return prompt_for(
            question.text,
            question.context,
            options.prompt_of(generator),
            history=question.history,
            evidence=question.evidence,
            retrieved=retrieved,
            max_tokens=generator.context_tokens - options.sampling.max_new_tokens,
            count_tokens=generator.count_tokens,
        )
    except ConfigError as error:
        return error


def _retrieved(question: Question, *, sources: bool) -> Retrieved:
    """A follow-up is looked up with the question before it: "only those of 2024" says nothing alone."""
    if question.knowledge is None:
        return Retrieved()
    words = [*(turn.question for turn in question.history[-1:]), question.text, question.evidence]
    return question.knowledge.search(" ".join(w for w in words if w), sources=sources)


def _may_be_new(question: Question, decision: Decision | SqlwrightError, generator: Generator) -> bool:
    if not isinstance(decision, Decision):
        return False
    dialect, searches = question.context.schema.dialect, generator.needs.candidates > 1
    return may_be_new(question.text, question.history, decision.sql, dialect, is_searched=searches)


def _is_better(anew: Decision, before: Decision, question: Question) -> bool:
    """Whether the answer without the conversation is the better one.

    Any answer is better than the rows of the question before, also that the tables do not hold one.
    """
    history, dialect = question.history, question.context.schema.dialect
    if is_repeated(history, before.sql, dialect):
        return not is_repeated(history, anew.sql, dialect)
    return anew.ok and (anew.confidence or 0.0) >= (before.confidence or 0.0)
