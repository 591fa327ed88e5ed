"""`sqlwright synthesize`: questions with SQL from a live database, or from a strong model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import database_named, echo_json, json_option, model_option, password_options

if TYPE_CHECKING:
    from ..core import Example
    from ..data.preference import Preference
    from ..evaluation.prefer_changed import ChangedReport
    from ..synthesis import Pair, Style, SynthesisReport

LISTED_SHAPES = 8
LISTED_REJECTIONS = 8


@click.command("synthesize", short_help="Make questions with SQL from a live database.")
@password_options
@click.option(
    "-d", "--database", metavar="DB", callback=database_named, help="Database file, URL, or CSV/Parquet file or folder."
)
@click.option("-n", "count", type=click.IntRange(min=1), default=1000, show_default=True, help="Pairs to make.")
@click.option("--seed", default=0, show_default=True, help="The same pairs for the same database and seed.")
@click.option(
    "--style",
    type=click.Choice(["benchmark", "analyst", "both"]),
    default="benchmark",
    show_default=True,
    help="Questions like those of the public benchmarks, or as analysts type them.",
)
@click.option("--wordings", type=click.IntRange(min=1), default=1, show_default=True, help="Questions per query.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="JSON Lines to write.")
@click.option("--held-out", type=click.Path(path_type=Path), help="Data set whose questions and SQL are left out.")
@click.option("--without", multiple=True, metavar="CLAUSE", help="Clause that no query may have: join, nested ...")
@click.option(
    "--reword", metavar="MODEL", help="Model that rewords the questions; a rewording that fails its check is not used."
)
@click.option(
    "--triplets", type=click.IntRange(min=1), help="How many questions with schema and SQL the model of -m invents."
)
@click.option(
    "--from-model", metavar="MODEL", help="Model whose own answers to --questions become pairs, where they agree."
)
@click.option(
    "--questions", type=click.Path(path_type=Path), help="Questions without SQL about DB, one a line, for --from-model."
)
@click.option("--samples", type=click.IntRange(min=2), default=8, show_default=True, help="Answers to each of them.")
@click.option(
    "--agreement",
    type=click.FloatRange(0, 1),
    default=0.5,
    show_default=True,
    help="Share of the answers that have to give the same rows.",
)
@click.option(
    "--preferences",
    is_flag=True,
    help="Write pairs of a right and a wrong query, for stages dpo and rm, without a model.",
)
@click.option(
    "--pairs",
    type=click.IntRange(min=1),
    default=1,
    show_default=True,
    help="Maximum number of pairs per question, for --preferences.",
)
@model_option
@json_option
def command(
    database: str | None,
    count: int,
    seed: int,
    style: Style,
    wordings: int,
    output: Path,
    held_out: Path | None,
    without: tuple[str, ...],
    reword: str | None,
    triplets: int | None,
    from_model: str | None,
    questions: Path | None,
    samples: int,
    agreement: float,
    preferences: bool,
    pairs: int,
    model: str | None,
    as_json: bool,
) -> None:
    """Make questions with SQL, each verified by running it.

    With -d queries in the shapes of real ones are filled from the database and put into words. With --from-model a
    model answers your --questions several times, and what most of its queries agree on is taken. With --triplets a
    model invents schema, question and SQL together. With --preferences each query gets a changed copy that runs and
    gives another result. A report goes to stderr, or with --json to stdout.
    """
    from ..core import UsageError
    from ..data import read_examples, write_rows

    if database is None and triplets is None:
        raise UsageError("Nothing to make pairs from.", "Pass -d DB, or --triplets N with -m MODEL.")
    if triplets is not None and not model:
        raise UsageError("--triplets needs a model that writes them.", "Pass -m MODEL.")
    if preferences and (database is None or triplets is not None):
        raise UsageError("--preferences runs queries on the database of -d.", "Pass -d DB, and take out --triplets.")
    known = list(read_examples(held_out)) if held_out else None
    rows: list[Example] = []
    report: SynthesisReport | None = None
    counts: dict[str, Counter[str]] = {}
    if (from_model is None) != (questions is None) or (from_model and database is None):
        raise UsageError("--from-model, --questions and -d belong together.", "Pass all three.")
    if from_model and questions and database:
        made, counts["answers"] = _from_own(from_model, database, questions, seed, samples, agreement, known)
        rows += made
    elif database is not None:
        made_here, report, counts["reworded"] = _from_database(
            database, count, seed, known, without, reword, style=style, wordings=wordings
        )
        rows += [pair.example for pair in made_here]
    if triplets is not None and model:
        made, counts["triplets"] = _from_model(model, triplets, seed)
        rows += made
    judged: ChangedReport | None = None
    if preferences and database is not None:
        found, judged = _preferences(database, rows, pairs, seed)
        written = write_rows(output, (preference.to_dict() for preference in found))
    else:
        written = write_rows(output, (row.to_dict() for row in rows))
    if as_json:
        echo_json(_to_dict(written, report, counts, judged))
        return
    _tell(output, written, report, counts)
    if judged is not None:
        _tell_preferences(judged)


def _from_database(
    target: str,
    count: int,
    seed: int,
    known: list[Example] | None,
    without: tuple[str, ...],
    reword: str | None,
    *,
    style: Style,
    wordings: int,
) -> tuple[list[Pair], SynthesisReport, Counter[str]]:
    from ..db import open_database
    from ..synthesis import SynthesisOptions, common_shapes, report_on, synthesize_pairs
    from ..synthesis.clauses import shapes_without

    rejections: Counter[str] = Counter()
    faults: Counter[str] = Counter()
    shapes = shapes_without(common_shapes(), without) if without else None
    with open_database(target) as opened:
        options = SynthesisOptions(wordings=wordings, shapes=shapes, avoid=tuple(known or ()), style=style)
        pairs = list(synthesize_pairs(opened, count, seed, options, rejections))
        if reword:
            pairs = list(_reworded(pairs, reword, opened.schema(), faults))
        report = report_on(pairs, opened.dialect, rejections=rejections, held_out=known, real=shapes)
    return pairs, report, faults


def _reworded(pairs: list[Pair], model: str, schema: Any, faults: Counter[str]) -> Iterator[Pair]:
    from ..generation import load_generator
    from ..synthesis import reword

    changed = reword((p.example for p in pairs), load_generator(model), schema, faults=faults)
    return (replace(pair, example=example) for pair, example in zip(pairs, changed, strict=True))


def _from_model(model: str, count: int, seed: int) -> tuple[list[Example], Counter[str]]:
    from ..generation import load_generator
    from ..synthesis import generate_triplets

    rejections: Counter[str] = Counter()
    return list(generate_triplets(load_generator(model), count, seed=seed, rejections=rejections)), rejections


def _from_own(
    model: str, target: str, questions: Path, seed: int, samples: int, agreement: float, known: list[Example] | None
) -> tuple[list[Example], Counter[str]]:
    from ..core import NotFoundError
    from ..db import open_database
    from ..evaluation.distill import DistillOptions, distill
    from ..generation import load_generator

    if not questions.is_file():
        raise NotFoundError(f"No file {str(questions)!r}.", "It has one question a line.")
    asked = [line.strip() for line in questions.read_text(encoding="utf-8").splitlines() if line.strip()]
    options = DistillOptions(samples=samples, agreement=agreement, avoid=tuple(known or ()))
    rejections: Counter[str] = Counter()
    with open_database(target) as opened:
        db_id = opened.schema().db_id
        made = list(distill(load_generator(model), opened, db_id, asked, seed, options, rejections))
    return made, rejections


def _preferences(target: str, rows: list[Example], pairs: int, seed: int) -> tuple[list[Preference], ChangedReport]:
    from ..core import DataError
    from ..db import open_database
    from ..evaluation.prefer_changed import prefer_changed

    with open_database(target) as opened:
        found, judged = prefer_changed(rows, opened, pairs=pairs, seed=seed)
    if not found:
        reasons = ", ".join(f"{reason} {count}" for reason, count in judged.left_out.items())
        raise DataError(f"no pair of a right and a wrong query ({reasons})", hint="Make more questions: raise -n.")
    return found, judged


def _to_dict(
    written: int,
    report: SynthesisReport | None,
    counts: dict[str, Counter[str]],
    judged: ChangedReport | None,
) -> dict[str, Any]:
    return {
        "written": written,
        "database": report.to_dict() if report else None,
        "rewordings_refused": dict(counts.get("reworded", {})),
        "triplets_refused": dict(counts.get("triplets", {})),
        "answers_refused": dict(counts.get("answers", {})),
        "preferences": judged.to_dict() if judged else None,
    }


def _tell(output: Path, written: int, report: SynthesisReport | None, counts: dict[str, Counter[str]]) -> None:
    click.echo(f"{output}: {written:,} pairs.", err=True)
    if report is not None:
        _tell_report(report)
    for name, refused in counts.items():
        if refused:
            click.echo(f"{name}, refused: {_listed(refused)}", err=True)


def _tell_report(report: SynthesisReport) -> None:
    repeated = f"{report.repeated_questions:,} questions, {report.repeated_sql:,} statements"
    click.echo(f"repeated: {repeated}, {report.repeated_forms:,} statements in normal form", err=True)
    if report.leaked_questions is not None:
        click.echo(f"in the held-out file: {report.leaked_questions:,} questions, {report.leaked_sql:,} SQL", err=True)
    if report.kinds:
        click.echo(f"questions of analysts: {_listed(Counter(dict(report.kinds)))}", err=True)
    if report.shapes:
        click.echo(f"shapes: {len(report.shapes):,}, distance to real queries {report.distance:.2f}", err=True)
        for shape in report.shapes[:LISTED_SHAPES]:
            click.echo(f"  {shape.share:6.1%}  real {shape.real_share:6.1%}  {shape.name}", err=True)
        clauses = (f"{name} {made:.0%} ({real:.0%})" for name, (made, real) in report.clauses.items())
        click.echo(f"clauses (real): {', '.join(clauses)}", err=True)
    if report.rejections:
        click.echo(f"left out: {_listed(Counter(dict(report.rejections)))}", err=True)


def _tell_preferences(judged: ChangedReport) -> None:
    click.echo(
        f"changed queries run: {judged.tried:,}; dropped: {judged.equal:,} with an equal result, "
        f"{judged.failed:,} that failed, {judged.undecided:,} undecided, "
        f"{judged.repeated:,} with the result of another one",
        err=True,
    )
    for reason, count in judged.left_out.items():
        click.echo(f"without a pair: {count:,} questions, {reason}", err=True)
    kinds = (f"{kind.replace('_', ' ')} {count:,}" for kind, count in Counter(judged.kinds).most_common())
    click.echo(f"changes: {', '.join(kinds)}", err=True)


def _listed(counts: Counter[str]) -> str:
    return ", ".join(f"{name.replace('_', ' ')} {count:,}" for name, count in counts.most_common(LISTED_REJECTIONS))
