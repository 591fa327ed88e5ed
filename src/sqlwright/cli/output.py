"""Where the rows of an answer go, and in which format."""

from __future__ import annotations

import functools
import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..core.atomic import atomic_file, cannot_write
from ..core.errors import UsageError
from ..results.formats import FORMATS, Format, format_of

if TYPE_CHECKING:
    from ..core import ResultTable

F = TypeVar("F", bound=Callable[..., Any])

ESCAPED = "In the CSV, text that a spreadsheet would run as a formula (= + - @) has a leading apostrophe."
_JSON_SUFFIXES = (".json", ".jsonl")
# What would drive a terminal; line feeds and tabs do not.
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class Output:
    """`format` is None for what people read and for JSON. `path` is a file, or for several answers a folder."""

    format: Format | None = None
    as_json: bool = False
    path: Path | None = None

    @property
    def for_people(self) -> bool:
        """A terminal that shows query, rows and receipt together; elsewhere stdout gets the rows alone."""
        return self.format is None and not self.as_json and self.path is None and sys.stdout.isatty()


PLAIN = Output()


def output_options(function: F) -> F:
    """Adds a flag for each format, --json and -o; the command takes them as `output`."""

    @functools.wraps(function)
    def command(*arguments: Any, as_json: bool, output_path: Path | None, **given: Any) -> Any:
        chosen = [name for name in FORMATS if given.pop(f"as_{name}")]
        return function(*arguments, output=_output(chosen, as_json, output_path), **given)

    options = [
        click.option("--json", "as_json", is_flag=True, help="JSON (stable): rows and all that is known about them."),
        *(click.option(f"--{f.name}", f"as_{f.name}", is_flag=True, help=f.help) for f in FORMATS.values()),
        click.option(
            "-o",
            "--output",
            "output_path",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="Write to this file; its ending chooses the format unless an option does.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command  # type: ignore[return-value]


def _output(chosen: list[str], as_json: bool, path: Path | None) -> Output:
    """Raises UsageError for two formats, for none, and for bytes on the standard output."""
    flags = [*(["--json"] if as_json else []), *(f"--{name}" for name in chosen)]
    if len(flags) > 1:
        raise UsageError(f"One format at a time; found {' and '.join(flags)}.")
    form = FORMATS[chosen[0]] if chosen else None
    if path is not None and not flags:
        if path.suffix.casefold() in _JSON_SUFFIXES:
            as_json = True
        elif (form := format_of(path)) is None:
            endings = ", ".join([*(f.suffix for f in FORMATS.values()), ".json"])
            raise UsageError(f"No format has the ending of {str(path)!r}.", f"Known: {endings}. Or add one, as --csv.")
    if form is not None and not form.text and path is None:
        raise UsageError(f"--{form.name} writes a file.", f"Add -o FILE{form.suffix}")
    return Output(form, as_json, path)


def write_table(table: ResultTable, output: Output, path: Path | None = None) -> None:
    """Rows in the format of `output`, or tab-separated, to `path`, else to stdout; notes about them to stderr."""
    from ..results.delimited import has_formulas

    form = output.format or FORMATS["tsv"]
    data = form.write(table)
    if form.name == "csv" and has_formulas(table):
        click.echo(ESCAPED, err=True)
    if path is not None:
        write_file(path, data)
        click.echo(f"{path}: ", err=True, nl=False)
    elif sys.stdout.isatty():
        click.echo(_CONTROL.sub("\N{REPLACEMENT CHARACTER}", data.decode()), nl=False)
    else:
        click.echo(data, nl=False)


def write_file(path: Path, data: bytes) -> None:
    """Write a file atomically, or to a device such as /dev/stdout. Raises UsageError; SqlwrightError: disk full."""
    if path.is_dir():
        raise UsageError(f"{str(path)!r} is a folder.", "Name a file.")
    if path.exists() and not path.is_file():
        try:
            path.write_bytes(data)
        except OSError as error:
            raise cannot_write(path, error) from error
        return
    with atomic_file(path) as beside:
        beside.write_bytes(data)


def file_for(folder: Path, number: int, question: str, form: Format) -> Path:
    """The file of one of several answers: its number, and words of its question for people."""
    words = re.sub(r"[\W_]+", "-", question.casefold()).strip("-")[:40].strip("-")
    return folder / f"{number}{'-' if words else ''}{words}{form.suffix}"
