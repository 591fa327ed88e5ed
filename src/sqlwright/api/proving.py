"""Predict, evaluate and compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import Example, QueryLimits
from .extras import names_missing_extras

if TYPE_CHECKING:
    from ..data.databases import Databases
    from ..evaluation.predict import PredictProgress, PredictReport
    from ..evaluation.predict_options import PredictOptions
    from ..evaluation.ranking import Ranking
    from ..evaluation.report import Report
    from ..generation import Generator


@names_missing_extras
def predict(
    data: str | Path | Sequence[Example],
    out: str | Path,
    *,
    model: str | Generator = "built-in",
    databases: str | Path | Databases | None = None,
    tables: str | Path | None = None,
    options: PredictOptions | None = None,
    limit: int | None = None,
    overwrite: bool = False,
    on_progress: Callable[[PredictProgress], None] = lambda progress: None,
) -> PredictReport:
    """Write a model's SQL for every question of a data set.

    The same call resumes a run that was stopped, and asks the questions again that failed.

    Args:
        data: A file in any format of `sqlwright data`, or the questions.
        out: The predictions, as JSON Lines.
        model: What `-m` takes, or a `Generator`.
        databases: A folder with `<db_id>/<db_id>.sqlite`. Candidates are chosen by running them there.
        tables: Schemas of databases that are not at hand: Spider's `tables.json`.
        options: Sampling, prompt, history and batch size. By default as the model was tuned.
        limit: Ask only the first questions.
        overwrite: Start anew if the file belongs to another run.
        on_progress: Called after each batch.

    Returns:
        How many questions were asked, and which failed.

    Raises:
        DataError: `data` has no questions, or two with the same id.
        GenerationError: The model no longer answers.
        NotFoundError: A question has no schema.
        UsageError: `out` belongs to another run.
    """
    from ..data import read_schemas
    from ..evaluation.predict import check_questions, predict
    from ..generation.find import weights_fingerprint
    from .models import generator_for

    examples = list(islice(_examples(data), limit))
    folder = _databases(databases)
    schemas = read_schemas(tables) if tables else {}
    check_questions(examples, folder, schemas)  # before a model is loaded
    generator = generator_for(model)
    return predict(
        generator,
        examples,
        folder,
        Path(out),
        schemas=schemas,
        options=options,
        run={"weights": weights_fingerprint(model)} if isinstance(model, str) else {},
        overwrite=overwrite,
        on_progress=on_progress,
    )


@names_missing_extras
def evaluate(
    predictions: str | Path,
    data: str | Path,
    databases: str | Path | Databases | None = None,
    *,
    limits: QueryLimits | None = None,
    workers: int | None = None,
    tables: str | Path | None = None,
    copies: bool = False,
    embedding: str | None = None,
    limit: int | None = None,
    json: str | Path | None = None,
    html: str | Path | None = None,
) -> Report:
    """Score predictions by running them, read-only, against the gold SQL.

    Args:
        predictions: JSON Lines with `id` and `predicted_sql`, as `predict` writes them. A question without a line
            counts as wrong.
        data: The questions with gold SQL, in any format of `sqlwright data`.
        databases: A folder with `<db_id>/<db_id>.sqlite`. Without it, rows are judged on tables that they carry, or by
            text scores.
        limits: Of one query; 30 seconds by default.
        workers: Worker processes; one for each core by default.
        tables: Spider's `tables.json`, for exact set match.
        copies: Also run what is right on changed copies of its database.
        embedding: A model for the embedding distance: a local folder or "openai:NAME@URL".
        limit: Judge only the first questions.
        json: Also write the report to this file; `compare` reads it.
        html: Also write the report to this file, as one page.

    Returns:
        The report. `print` shows its scores; `Report.scores` holds them by name.

    Raises:
        DataError: A file cannot be read, or the files do not belong together.
        SqlwrightError: A database file changed during the run.
        UsageError: None of the databases exists.
    """
    from ..evaluation.compare import DEFAULT_LIMITS
    from ..evaluation.evaluate import evaluate
    from ..evaluation.html import render_html, write_page
    from ..evaluation.report import write_report

    report = evaluate(
        predictions,
        data,
        databases,
        limits=limits or DEFAULT_LIMITS,
        workers=workers,
        embedding=embedding,
        tables=tables,
        copies=copies,
        limit=limit,
        command="sqlwright.evaluate",
    )
    if html:
        write_page(render_html(report), html)
    if json:
        write_report(report, Path(json))
    return report


@names_missing_extras
def compare(
    reports: Sequence[str | Path | Report] | Mapping[str, str | Path | Report],
    *,
    metric: str = "execution_accuracy",
    common: bool = False,
    html: str | Path | None = None,
) -> Ranking:
    """Rank evaluated models on the same questions, with McNemar's test for each pair.

    Args:
        reports: Two or more reports, or the JSON files of reports; a mapping gives them names.
        metric: The score to rank by.
        common: Use only the questions that all reports judged.
        html: Also write the ranking to this file, as one page.

    Returns:
        The ranking. `print` shows it; `Ranking.differences` holds the tests.

    Raises:
        UsageError: There are fewer than two reports, the metric is unknown, or the questions are not the same.
    """
    from ..evaluation.html import write_page
    from ..evaluation.ranking import names_for, rank, render_ranking
    from ..evaluation.report import Report, read_report

    def read(report: Any) -> Report:
        return report if isinstance(report, Report) else read_report(report)

    if isinstance(reports, Mapping):
        named = {name: read(report) for name, report in reports.items()}
    else:
        found = [read(report) for report in reports]
        paths = [f"model {i}" if isinstance(r, Report) else r for i, r in enumerate(reports, 1)]
        named = dict(zip(names_for(paths, found), found, strict=True))
    ranking = rank(named, metric, common=common)
    if html:
        write_page(render_ranking(ranking, named), html)
    return ranking


def _examples(data: str | Path | Sequence[Example]) -> Sequence[Example] | Any:
    from ..data import read_examples

    return read_examples(data) if isinstance(data, (str, Path)) else data


def _databases(databases: str | Path | Databases | None) -> Databases | None:
    from ..data import DatabaseFolder

    return DatabaseFolder(databases) if isinstance(databases, (str, Path)) else databases
