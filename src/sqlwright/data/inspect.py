"""What a data set holds, and what two of them share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from ..core import DataError, Dialect, Example, Schema, SqlwrightError
from ..sql.normalize import normalize
from .databases import DatabaseFolder
from .formats import detect_format, formats_named
from .gold import Finding, GoldCheck
from .prompting import Contexts, PromptOptions
from .reading import OnBadRow, read_row_examples
from .rows import Row

CountTokens = Callable[[str], int]
LISTED_FINDINGS = 20  # of each kind; all are counted
BARS = 24  # of a histogram


@dataclass(frozen=True, slots=True)
class Spread:
    """Of `n` numbers; zeros where there are none."""

    n: int
    minimum: int
    mean: float
    maximum: int

    @classmethod
    def of(cls, numbers: Iterable[int]) -> Spread:
        values = list(numbers)
        if not values:
            return cls(0, 0, 0.0, 0)
        return cls(len(values), min(values), round(sum(values) / len(values), 2), max(values))


@dataclass(frozen=True, slots=True)
class Bar:
    """How many of the numbers lie from `low` up to `high`, both included."""

    low: int
    high: int
    count: int


def histogram(numbers: Mapping[int, int], bars: int = BARS) -> tuple[Bar, ...]:
    """At most `bars` equally wide bars over `numbers`, which says how often each one occurs."""
    if not numbers:
        return ()
    low, high = min(numbers), max(numbers)
    width = -(-(high - low + 1) // bars)
    counts: Counter[int] = Counter()
    for number, count in numbers.items():
        counts[(number - low) // width] += count
    return tuple(
        Bar(low + i * width, min(low + (i + 1) * width - 1, high), counts[i]) for i in range((high - low) // width + 1)
    )


@dataclass(frozen=True, slots=True)
class InspectOptions:
    """With `databases` every gold statement is run; `tables` (see `read_schemas`) gives schemas without them.

    `dialect` is the format's own unless named. `count_tokens` is an estimate unless a tokenizer's is given.
    """

    format: str | None = None
    split: str | None = None
    strict: bool = False
    databases: DatabaseFolder | None = None
    tables: Mapping[str, Schema] = field(default_factory=dict)
    dialect: Dialect | None = None
    count_tokens: CountTokens | None = None
    preset: str = "default"


@dataclass(frozen=True, slots=True)
class Inspection:
    """One file. Shares are in [0, 1] of the questions; lengths are in tokens.

    `duplicate_ids` counts questions whose id another has: predictions are matched by it. `duplicate_questions` counts
    those that repeat an earlier one on the same database, `duplicate_sql` statements that repeat one there in normal
    form. `gold` counts findings by kind (see `gold.Kind`) for the kinds that were looked for, `findings` lists
    the first of each. `lengths` has question, sql, schema and prompt, the last two where a schema is at hand;
    `length_histograms` has the same in more detail.
    """

    source: str
    format: str
    dialect: Dialect
    rows: int
    bad_rows: int
    fields: dict[str, int]
    questions: int
    without_sql: int
    databases: int
    questions_per_schema: Spread
    dialogues: int
    turns_per_dialogue: Spread
    lengths: dict[str, Spread]
    length_histograms: dict[str, tuple[Bar, ...]]
    duplicate_ids: int
    duplicate_questions: int
    duplicate_sql: int
    chinese_share: float
    unanswerable_share: float
    gold: dict[str, int]
    findings: tuple[Finding, ...]

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Leak:
    """How many questions of `second` have their text, database or schema in `first` too.

    `same_schema` is None where one of the files comes without schemas.
    """

    first: str
    second: str
    same_question: int
    same_question_and_database: int
    same_database: int
    same_schema: int | None

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)


def inspect_examples(
    source: str | Path,
    options: InspectOptions = InspectOptions(),
    on_bad_row: OnBadRow | None = None,
) -> Inspection:
    """Read `source` once. Raises what `read_examples` raises."""
    return inspect_files([source], options, on_bad_row)[0][0]


def inspect_files(
    sources: Sequence[str | Path],
    options: InspectOptions = InspectOptions(),
    on_bad_row: OnBadRow | None = None,
) -> tuple[list[Inspection], list[Leak]]:
    """Every file, and what each later one shares with each earlier one."""
    tallies = [_tally(str(s), options, on_bad_row) for s in sources]
    leaks = [_leak(a, b) for i, b in enumerate(tallies) for a in tallies[:i]]
    return [t.result() for t in tallies], leaks


def is_chinese(text: str) -> bool:
    """Whether at least half of its letters are Chinese characters (the unified ideographs)."""
    letters = [c for c in text if c.isalpha()]
    return bool(letters) and 2 * sum("\u3400" <= c <= "\u9fff" for c in letters) >= len(letters)


def _tally(source: str, options: InspectOptions, on_bad_row: OnBadRow | None) -> _Tally:
    tally = _Tally(source, options)

    def report(error: DataError) -> None:
        tally.bad_rows += 1
        if on_bad_row:
            on_bad_row(error)

    rows = read_row_examples(
        source, format=options.format, split=options.split, strict=options.strict, on_bad_row=report
    )
    with GoldCheck(options.dialect or "sqlite", options.databases) as gold:
        for row, examples in rows:
            if not tally.rows:
                chosen = detect_format(row.fields, source, formats_named(options.format))
                tally.format, gold.dialect = chosen.name, options.dialect or chosen.dialect
            tally.add_row(row, examples, gold)
    tally.gold, tally.dialect = gold.tally(), gold.dialect
    return tally


class _Tally:
    """Running counts over one file; memory grows with its distinct questions, as hashes."""

    def __init__(self, source: str, options: InspectOptions) -> None:
        from ..prompts import estimate_tokens

        self.source, self.format, self.dialect = source, "", options.dialect or "sqlite"
        self.count_tokens = options.count_tokens or estimate_tokens
        self.contexts = Contexts(options.databases, options.tables, PromptOptions(preset=options.preset))
        self.rows = self.bad_rows = self.chinese = self.unanswerable = 0
        self.fields: Counter[str] = Counter()
        self.schemas: Counter[str] = Counter()
        self.fingerprints: Counter[str] = Counter()
        self.dialogues: Counter[str] = Counter()
        self.ids: set[int] = set()
        self.texts: Counter[int] = Counter()
        self.questions: Counter[int] = Counter()
        self.statements: Counter[int] = Counter()
        self.lengths = {name: Counter[int]() for name in ("question", "sql", "schema", "prompt")}
        self.gold: dict[str, int] = {}
        self.findings: list[Finding] = []
        self._known: dict[str, tuple[Schema, int] | None] = {}

    def add_row(self, row: Row, examples: Sequence[Example], gold: GoldCheck) -> None:
        self.rows += 1
        self.fields.update(row.fields.keys())
        for example in examples:
            self._count(example)
            self._measure(example)
            if example.gold_sql:
                self.statements[hash((_schema_key(example), normalize(example.gold_sql, gold.dialect)))] += 1
                self.findings += [f for f in gold.check(example) if gold.counts[f.kind] <= LISTED_FINDINGS]

    def result(self) -> Inspection:
        questions = sum(self.questions.values())
        return Inspection(
            source=self.source,
            format=self.format,
            dialect=self.dialect,
            rows=self.rows,
            bad_rows=self.bad_rows,
            fields=dict(self.fields),
            questions=questions,
            without_sql=questions - sum(self.statements.values()),
            databases=len(self.schemas),
            questions_per_schema=Spread.of(self.schemas.values()),
            dialogues=len(self.dialogues),
            turns_per_dialogue=Spread.of(self.dialogues.values()),
            lengths={name: Spread.of(values.elements()) for name, values in self.lengths.items()},
            length_histograms={name: histogram(values) for name, values in self.lengths.items()},
            duplicate_ids=questions - len(self.ids),
            duplicate_questions=questions - len(self.questions),
            duplicate_sql=sum(self.statements.values()) - len(self.statements),
            chinese_share=round(self.chinese / questions, 4) if questions else 0.0,
            unanswerable_share=round(self.unanswerable / questions, 4) if questions else 0.0,
            gold=self.gold,
            findings=tuple(self.findings),
        )

    def _count(self, example: Example) -> None:
        text, schema = " ".join(example.question.casefold().split()), _schema_key(example)
        self.schemas[schema] += 1
        self.ids.add(hash(example.id))
        self.texts[hash(text)] += 1
        # The same words in another place of a dialogue are another question.
        self.questions[hash((schema, text, example.history))] += 1
        self.chinese += is_chinese(example.question)
        self.unanswerable += not example.answerable
        if example.dialogue_id:
            self.dialogues[example.dialogue_id] += 1

    def _measure(self, example: Example) -> None:
        self.lengths["question"][self.count_tokens(example.question)] += 1
        if example.gold_sql:
            self.lengths["sql"][self.count_tokens(example.gold_sql)] += 1
        known = self._schema(example)
        if known is None:
            return
        schema, tokens = known
        self.fingerprints[schema.fingerprint()] += 1
        self.lengths["schema"][tokens] += 1
        prompt = self.contexts.prompt(example)
        self.lengths["prompt"][self.count_tokens("\n".join(m.content for m in prompt.messages))] += 1

    def _schema(self, example: Example) -> tuple[Schema, int] | None:
        """With its tokens as DDL; None where there is no schema, which happens once per database."""
        from ..prompts import render_ddl

        key = _schema_key(example)
        if key not in self._known:
            try:
                schema = self.contexts.of(example).schema
                self._known[key] = schema, self.count_tokens(render_ddl(schema))
            except SqlwrightError:
                self._known[key] = None
        return self._known[key]


def _schema_key(example: Example) -> str:
    return example.db_id or example.ddl


def _leak(first: _Tally, second: _Tally) -> Leak:
    def shared(counted: Counter[Any], known: Counter[Any]) -> int:
        return sum(n for key, n in counted.items() if key in known)

    both = first.fingerprints and second.fingerprints
    return Leak(
        first.source,
        second.source,
        same_question=shared(second.texts, first.texts),
        same_question_and_database=shared(second.questions, first.questions),
        same_database=shared(second.schemas, first.schemas),
        same_schema=shared(second.fingerprints, first.fingerprints) if both else None,
    )
