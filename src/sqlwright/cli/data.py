"""`sqlwright data`: inspect, convert and split data sets; `prefer` is in a file of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..core import DIALECTS, DataError, UsageError
from .options import echo_json, json_option
from .prefer import prefer
from .pull_data import pull

if TYPE_CHECKING:
    from ..core import Schema
    from ..data import DatabaseFolder, Inspection, Leak

F = TypeVar("F", bound=Callable[..., Any])
LISTED_BAD_ROWS = 20
GOLD_KINDS = ("unparsable", "refused", "failed", "timeout", "empty", "no_database")
TARGETS = ("sqlwright", "messages", "alpaca", "sharegpt", "answers")


@click.group("data", short_help="Inspect, convert, split and rank data sets.")
def command() -> None:
    """Inspect, convert and split data sets.

    FILE is a data set in any known format (JSON Lines, JSON, CSV, Parquet, plain or .gz), "-" for the standard
    input, or a hub source: hf:OWNER/NAME or modelscope:OWNER/NAME.
    """


command.add_command(prefer)
command.add_command(pull)


def reading_options(function: F) -> F:
    """Adds --format, --hub-split and --strict; read them with `_reading`."""
    function = click.option("--strict", is_flag=True, help="Stop at the first row that cannot be read.")(function)
    function = click.option("--hub-split", metavar="NAME", help="Split of a hub source.  [default: train]")(function)
    return click.option("--format", "data_format", metavar="NAME", help="Format, instead of finding it.")(function)


def schema_options(function: F) -> F:
    """Adds --databases, --tables and --preset."""
    function = click.option("--preset", default="default", show_default=True, help="Prompt preset.")(function)
    function = click.option("--tables", type=click.Path(path_type=Path), help="Schemas: Spider's tables.json.")(
        function
    )
    return click.option("--databases", type=click.Path(path_type=Path), help="Folder of database files.")(function)


@command.command("inspect")
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@reading_options
@schema_options
@click.option("--dialect", type=click.Choice(DIALECTS), help="Of the gold SQL, instead of the format's own.")
@click.option("--tokenizer", type=click.Path(), help="tokenizer.json or its folder; without it lengths are estimates.")
@json_option
def inspect(
    files: tuple[str, ...],
    data_format: str | None,
    hub_split: str | None,
    strict: bool,
    databases: Path | None,
    tables: Path | None,
    preset: str,
    dialect: Any,
    tokenizer: str | None,
    as_json: bool,
) -> None:
    """Count, measure and check data sets; with several files, also what they share.

    With --databases every gold statement is run: read-only, through the guard, inside the default limits.
    """
    from ..data import InspectOptions, inspect_files
    from ..prompts.tokens import token_counter

    bad = BadRows()
    options = InspectOptions(
        format=data_format,
        split=hub_split,
        strict=strict,
        databases=_folder(databases),
        tables=_schemas(tables),
        dialect=dialect,
        count_tokens=token_counter(tokenizer) if tokenizer else None,
        preset=preset,
    )
    inspections, leaks = inspect_files(files, options, bad)
    bad.summarize("could not be read")
    if as_json:
        echo_json({"files": [i.to_dict() for i in inspections], "leaks": [leak.to_dict() for leak in leaks]})
    else:
        _print(inspections, leaks, exact=tokenizer is not None)


@command.command("convert")
@click.argument("file")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="File to write; .json or .jsonl.")
@click.option("--to", "target", required=True, type=click.Choice(TARGETS))
@reading_options
@schema_options
@click.option("--samples", type=click.IntRange(min=0), default=3, show_default=True, help="Values shown per column.")
@click.option("--hints/--no-hints", default=True, show_default=True, help="Point out the names and values mentioned.")
@click.option("--predictions", type=click.Path(), help="For --to answers: the SQL to hand in.")
def convert(
    file: str,
    output: Path,
    target: Any,
    data_format: str | None,
    hub_split: str | None,
    strict: bool,
    databases: Path | None,
    tables: Path | None,
    preset: str,
    samples: int,
    hints: bool,
    predictions: str | None,
) -> None:
    """Write FILE in another format.

    messages, alpaca and sharegpt hold the prompt that asking uses, one row a dialogue, and enter themselves into the
    dataset_info.json beside OUTPUT, which LLaMA-Factory reads. They need the schema: from the rows, --databases
    or --tables. answers is the file that the Chinese competitions collect, from their dev.json and --predictions.
    """
    from ..data import Contexts, PromptOptions, convert_examples, read_examples, write_dataset_info, write_rows
    from ..data.convert import competition_answers

    bad = BadRows(strict)
    rows: Iterator[Any]
    if target == "answers":
        rows = competition_answers(file, _predicted_sql(predictions), on_bad_row=bad)
    else:
        examples = read_examples(file, format=data_format, split=hub_split, strict=strict, on_bad_row=bad)
        options = PromptOptions(preset=preset, samples=samples, hints=hints)
        contexts = Contexts(_folder(databases), _schemas(tables), options)
        rows = convert_examples(examples, target, contexts=contexts, on_bad_row=bad)
    try:
        count = write_rows(output, rows)
    finally:
        bad.summarize("left out")
    click.echo(f"Wrote {count:,} rows to {output}.", err=True)
    if target in ("messages", "alpaca", "sharegpt"):
        click.echo(f"Entered into {write_dataset_info(output, target)}.", err=True)


@command.command("split")
@click.argument("file")
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path), help="Folder to write to.")
@click.option("--ratio", help="7:3 gives train and test; 8:1:1 train, dev and test.")
@click.option("--sample", type=click.IntRange(min=1), help="A fixed sample of this size, and the rest.")
@click.option("--seed", default=0, show_default=True)
@click.option("--by-database", is_flag=True, help="No database in two parts.")
@click.option("--overwrite", is_flag=True, help="Replace the parts of an earlier split in the folder.")
@reading_options
def split(
    file: str,
    output: Path,
    ratio: str | None,
    sample: int | None,
    seed: int,
    by_database: bool,
    overwrite: bool,
    data_format: str | None,
    hub_split: str | None,
    strict: bool,
) -> None:
    """Cut FILE into parts, written as our JSON Lines.

    Dialogues stay whole, and equal questions on one database stay together. The same FILE and seed give the same
    parts on every machine.
    """
    from ..data import read_examples
    from ..data.split import PART_NAMES, parse_ratio, plan_sample, plan_split

    if (ratio is None) == (sample is None):
        raise UsageError("Give either --ratio or --sample.", "For example --ratio 7:3 or --sample 50.")
    if file == "-":
        raise UsageError("Splitting reads its file twice, so it cannot be the standard input.")
    shares = parse_ratio(ratio) if ratio else ()
    names: tuple[str, ...] = PART_NAMES[len(shares)] if shares else ("sample", "rest")
    if not overwrite:
        _refuse_earlier_parts(output, names)
    bad = BadRows()
    examples = read_examples(file, format=data_format, split=hub_split, strict=strict, on_bad_row=bad)
    if sample is not None:
        plan = [int(not c) for c in plan_sample(examples, sample, seed=seed, by_database=by_database)]
    else:
        plan = plan_split(examples, shares, seed=seed, by_database=by_database)
    bad.summarize("left out")
    again = read_examples(file, format=data_format, split=hub_split, on_bad_row=lambda _: None)
    _write_parts(output, names, zip(again, plan, strict=True))


def _refuse_earlier_parts(folder: Path, names: tuple[str, ...]) -> None:
    """Raises UsageError: a test set that changes unseen makes scores before and after it incomparable."""
    there = [f"{name}.jsonl" for name in names if (folder / f"{name}.jsonl").exists()]
    if there:
        raise UsageError(
            f"{folder} already holds {', '.join(there)}.", "Choose another folder with -o, or pass --overwrite."
        )


def _write_parts(folder: Path, names: tuple[str, ...], examples: Iterator[tuple[Any, int]]) -> None:
    import json

    from ..core.atomic import atomic_text

    counts = [0] * len(names)
    with ExitStack() as stack:
        streams = [stack.enter_context(atomic_text(folder / f"{name}.jsonl")) for name in names]
        for example, part in examples:
            counts[part] += 1
            streams[part].write(json.dumps(example.to_dict(), ensure_ascii=False) + "\n")
    for name, count in zip(names, counts, strict=True):
        click.echo(f"Wrote {count:,} questions to {folder / name}.jsonl.", err=True)


class BadRows:
    """Lists the first rows that could not be used on stderr, and counts the others."""

    def __init__(self, strict: bool = False) -> None:
        self.count, self.strict = 0, strict

    def __call__(self, error: DataError) -> None:
        if self.strict:
            raise error
        self.count += 1
        if self.count <= LISTED_BAD_ROWS:
            click.echo(f"bad row: {error.message}", err=True)

    def summarize(self, became: str) -> None:
        if self.count > LISTED_BAD_ROWS:
            click.echo(f"... and {self.count - LISTED_BAD_ROWS:,} more.", err=True)
        if self.count:
            click.echo(f"{self.count:,} bad row{'s' * (self.count > 1)} {became}.", err=True)


def _folder(path: Path | None) -> DatabaseFolder | None:
    from ..data import DatabaseFolder

    return DatabaseFolder(path) if path else None


def _schemas(path: Path | None) -> dict[str, Schema]:
    from ..data import read_schemas

    return read_schemas(path) if path else {}


def _predicted_sql(path: str | None) -> dict[str, str]:
    from ..data.rows import read_rows

    if path is None:
        raise UsageError("--to answers needs the SQL to hand in.", "Name a predictions file with --predictions.")
    found: dict[str, str] = {}
    for row in read_rows(path):
        if isinstance(row, DataError):
            raise row
        found[str(row.fields.get("id", row.number))] = str(row.fields.get("predicted_sql") or "")
    return found


def _print(inspections: list[Inspection], leaks: list[Leak], *, exact: bool) -> None:
    from rich.console import Console
    from rich.table import Table

    console = Console(markup=False, highlight=False)
    if not console.is_terminal:
        console.width = 80 + 30 * len(inspections)  # a file or a pipe has no width of its own
    names = _short_names([i.source for i in inspections])
    table = Table("", *names.values(), show_edge=False)
    for column in table.columns[1:]:
        column.justify = "right"
    for cells in zip(*(_cells(i, exact) for i in inspections), strict=True):
        table.add_row(cells[0][0], *(value for _, value in cells))
    console.print(table)
    for inspection in inspections:
        for kind, first in {f.kind: f for f in reversed(inspection.findings)}.items():
            where = f"{names[inspection.source]}, question {first.id}"
            console.print(f"{kind.replace('_', ' ')}, for example in {where}: {first.reason}", soft_wrap=True)
    for leak in leaks:
        console.print(
            f"Of the questions in {names[leak.second]}, {names[leak.first]} has {leak.same_question:,} word for word "
            f"({leak.same_question_and_database:,} on the same database), "
            f"the database of {leak.same_database:,}"
            + (f" and the schema of {leak.same_schema:,}." if leak.same_schema is not None else "."),
            soft_wrap=True,
        )


def _short_names(sources: list[str]) -> dict[str, str]:
    """File names where they tell the files apart, else whole paths."""
    short = {s: Path(s).name for s in sources}
    return short if len(set(short.values())) == len(short) else {s: s for s in sources}


def _cells(i: Inspection, exact: bool) -> list[tuple[str, str]]:
    unit = "tokens" if exact else "tokens (estimate)"

    def spread(name: str, value: Any) -> tuple[str, str]:
        return name, f"{value.minimum:,} / {value.mean:,.1f} / {value.maximum:,}" if value.n else "-"

    return [
        ("format", i.format or "-"),
        ("rows", f"{i.rows:,}"),
        ("bad rows", f"{i.bad_rows:,}"),
        ("fields", ", ".join(list(i.fields)[:4]) + (", ..." if len(i.fields) > 4 else "")),
        ("questions", f"{i.questions:,}"),
        ("without SQL", f"{i.without_sql:,}"),
        ("unanswerable", f"{i.unanswerable_share:.1%}"),
        ("in Chinese", f"{i.chinese_share:.1%}"),
        ("databases", f"{i.databases:,}"),
        spread("questions per database (min / mean / max)", i.questions_per_schema),
        ("dialogues", f"{i.dialogues:,}"),
        spread("turns per dialogue", i.turns_per_dialogue),
        *(spread(f"{name}, {unit}", value) for name, value in i.lengths.items()),
        ("repeated ids", f"{i.duplicate_ids:,}"),
        ("repeated questions", f"{i.duplicate_questions:,}"),
        ("repeated SQL", f"{i.duplicate_sql:,}"),
        *(
            (f"gold SQL: {name.replace('_', ' ')}", f"{i.gold[name]:,}" if name in i.gold else "not run")
            for name in GOLD_KINDS
        ),
    ]
