"""`sqlwright export`: a tuned model as files that other programs run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .options import echo_json, json_option

if TYPE_CHECKING:
    from ..training.export.export import ExportReport
    from ..training.export.same_output import OutputCheck


@click.command("export", short_help="Write a tuned model as safetensors or GGUF, and verify it.")
@click.argument("model")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, metavar="OUT", help="A new folder.")
@click.option("--format", type=click.Choice(["safetensors", "gguf"]), default="safetensors", show_default=True)
@click.option(
    "--quantize",
    type=click.Choice(["f32", "f16", "bf16", "q8_0", "q4_0"]),
    help="Number format; by default the one the base is stored in. q8_0 and q4_0 are for GGUF.",
)
@click.option("--adapter", help="PEFT adapter folder to merge into MODEL.")
@click.option(
    "--base-quantization",
    type=click.Choice(["nf4", "nf4-double", "fp4", "fp4-double"]),
    help="The 4 bits in which a QLoRA adapter saw its base, onto which it is merged; known where `train` made it.",
)
@click.option(
    "--base-dtype",
    type=click.Choice(["float32", "bfloat16", "float16"]),
    help="The number format from which that base was quantized; by default the one it is stored in.",
)
@click.option("--template", help="Chat template by name, for models that ship none.")
@click.option("--data", metavar="FILE", help="Questions for the check, in place of the demo's.")
@click.option("--databases", type=click.Path(path_type=Path), metavar="DIR", help="Databases of --data.")
@click.option("--questions", type=click.IntRange(1), default=8, show_default=True, help="How many the check asks.")
@click.option("--device", help="cuda, xpu, mps or cpu; the best one by default.")
@click.option("--trust-remote-code", is_flag=True, help="Run the Python code that comes with a model.")
@click.option("--overwrite", is_flag=True, help="Replace an earlier export.")
@json_option
def command(model: str, out: Path, as_json: bool, **given: Any) -> None:
    """Write MODEL, with its adapter merged, to the folder OUT, and verify it.

    MODEL is a local folder, also that of an adapter, or a hub name. Some questions are asked of the source and of
    what was written: the greedy answers have to be the same, or nothing is written.
    """
    from importlib.util import find_spec

    from ..core import MissingExtraError, UsageError
    from ..generation.backends import backend_of

    backend = backend_of(model)
    if backend.weights == "parser":
        raise UsageError(
            f"{model!r} is a built-in parser, which is a folder to copy.", "export is for language models."
        )
    if not backend.weights:
        raise UsageError(f"{model!r} has no weights here.", "Name a folder or a hub model.")
    if find_spec("torch") is None or find_spec("peft") is None:
        raise MissingExtraError("Exporting needs torch and peft.", "train")
    from ..training.export.export import ExportOptions, export_model

    progress = ExportProgress()
    report = export_model(model, out, ExportOptions(**given), on_step=progress.step, on_answer=progress.answer)
    progress.end()
    if as_json:
        echo_json(report.to_dict())
    else:
        click.echo(summary(report))
    if report.no_modelfile:
        click.echo(f"No Modelfile: {report.no_modelfile}", err=True)
    sys.exit(0)


class ExportProgress:
    """What an export does, on stderr: a line for each step, and its count of answers where somebody watches."""

    def __init__(self) -> None:
        self.shown = ""

    def step(self, text: str) -> None:
        self.end()
        self.shown = text
        click.echo(text, err=True, nl=not sys.stderr.isatty())

    def answer(self, done: int, total: int) -> None:
        if sys.stderr.isatty():
            click.echo(f"\r\x1b[K{self.shown}: {done} of {total}", err=True, nl=False)

    def end(self) -> None:
        if self.shown and sys.stderr.isatty():
            click.echo(err=True)


def summary(report: ExportReport) -> str:
    lines = [f"{report.out}: {report.format} in {report.quantize}, {report.size_bytes / 1e6:.1f} MB"]
    if report.merged:
        lines.append(_line("merged, against adapter and base", report.merged))
    if report.rounded:
        lines.append(_line(f"{report.quantize}, against the source", report.rounded))
    for number, comparison in enumerate(report.read_back):
        against = "what was written" if number == 0 and comparison.reader == "transformers" else "the source"
        lines.append(_line(f"read back by {comparison.reader}, against {against}", comparison))
    return "\n".join(lines)


def _line(what: str, found: OutputCheck) -> str:
    tied = f" ({found.tied} after a tie)" if found.tied else ""
    return (
        f"{what}: {found.equal} of {found.n} answers equal{tied}, {found.token_agreement:.1%} of tokens, "
        f"largest logit difference {found.largest_logit_difference:.2g}"
    ).replace("%", " %")
