"""`sqlwright data prefer`: preference pairs from the candidates of `predict -n`, judged by running them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..core import DataError, UsageError

TARGETS = ("sqlwright", "llama-factory", "trl")


@click.command("prefer")
@click.argument("file")
@click.option("--data", metavar="FILE", help="The questions that FILE answers, each with its gold query.")
@click.option("--databases", type=click.Path(path_type=Path), help="Folder with <db_id>/<db_id>.sqlite.")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write; .json or .jsonl.")
@click.option("--to", "target", type=click.Choice(TARGETS), default="sqlwright", show_default=True)
@click.option("--pairs", type=click.IntRange(min=1), default=1, show_default=True, help="Of a question, at most.")
@click.option(
    "--chosen",
    type=click.Choice(("own", "gold")),
    default="own",
    show_default=True,
    help="The model's own right query where it has one, or always the gold query.",
)
@click.option("--samples", type=click.IntRange(min=0), default=3, show_default=True, help="Values shown per column.")
@click.option("--hints/--no-hints", default=True, show_default=True, help="Point out the names and values mentioned.")
@click.option("--workers", type=click.IntRange(min=1), help="Processes.  [default: one per core]")
def prefer(
    file: str,
    data: str | None,
    databases: Path | None,
    output: Path,
    target: Any,
    pairs: int,
    chosen: Any,
    samples: int,
    hints: bool,
    workers: int | None,
) -> None:
    """Write pairs of a right and a wrong query, for stages rm and dpo.

    FILE is a file of `sqlwright predict -n 8 --temperature 0.8`: its candidates are run, and those that give the gold
    rows are preferred to those that do not, near misses first. Or FILE is preference data already, in the form of
    LLaMA-Factory (ranking: true), of TRL or of sqlwright, which is written in the form --to.
    """
    from ..data import Contexts, DatabaseFolder, PromptOptions, read_examples, write_rows
    from ..data.preference import convert_preferences, is_preferences, read_preferences, write_ranking_info
    from .data import BadRows

    folder = DatabaseFolder(databases) if databases else None
    bad = BadRows()
    if is_preferences(file):
        found = list(read_preferences(file, on_bad_row=bad))
    else:
        from ..evaluation.prefer import prefer, read_candidates

        if data is None or folder is None:
            raise UsageError("Predictions are judged with --data and --databases.", "Name both.")
        examples = list(read_examples(data, strict=True))
        found, report = prefer(examples, read_candidates(file), folder, pairs=pairs, chosen=chosen, workers=workers)
        for reason, count in sorted(report.left_out.items(), key=lambda r: -r[1]):
            click.echo(f"left out: {count:,} questions, {reason}", err=True)
        for cause, count in sorted(report.causes.items(), key=lambda c: -c[1]):
            click.echo(f"wrong:    {count:,} {cause.replace('_', ' ')}", err=True)
    if not found:
        raise DataError("no pair of a right and a wrong query", hint="Sample more: predict -n 8 --temperature 1.")
    contexts = Contexts(folder, None, PromptOptions(samples=samples, hints=hints))
    try:
        count = write_rows(output, convert_preferences(found, target, contexts=contexts, on_bad_row=bad))
    finally:
        bad.summarize("left out")
    click.echo(f"Wrote {count:,} pairs to {output}.", err=True)
    if target == "llama-factory":
        click.echo(f"Entered into {write_ranking_info(output)}.", err=True)
