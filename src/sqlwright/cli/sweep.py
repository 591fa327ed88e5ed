"""`sqlwright sweep`: what sampling settings do to a model's score."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .columns import aligned
from .options import echo_json, json_option, prompt_options

if TYPE_CHECKING:
    from ..evaluation.predict import PredictProgress
    from ..evaluation.sweep import Setting, Sweep

HEAD = ("setting", "execution accuracy", "strict", "valid SQL")


@click.command("sweep", short_help="Score a model under many sampling settings.")
@click.option("-m", "--model", required=True, metavar="MODEL", help="A local folder, a hub name or openai:NAME@URL.")
@click.option("--data", required=True, metavar="FILE", help="Questions with gold SQL, in any known format.")
@click.option("--databases", type=click.Path(path_type=Path), required=True, help="Folder of DIR/<db_id>.sqlite.")
@click.option("-o", "--out", type=click.Path(path_type=Path), required=True, help="Folder of predictions and reports.")
@click.option("--temperature", default="0,0.3,0.7,1", show_default=True, help="Comma-separated; 0 is greedy.")
@click.option("--top-k", default="0", show_default=True, help="Comma-separated; 0 keeps all tokens.")
@click.option("--top-p", default="1", show_default=True, help="Comma-separated; 1 keeps all tokens.")
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--max-new-tokens", default=256, show_default=True)
@click.option("--limit", type=click.IntRange(min=1), help="Ask only the first N questions.")
@click.option("--format", "data_format", default=None, help="The data's format, if it is not recognized.")
@click.option("--batch-size", type=click.IntRange(min=1), default=32, show_default=True, help="Prompts at once.")
@click.option("--workers", type=click.IntRange(min=1), metavar="N", help="Worker processes of the evaluation.")
@prompt_options
@click.option("--template", default=None, help="Chat template by name, for models that ship none.")
@click.option("--adapter", default=None, help="PEFT adapter folder on top of the model.")
@click.option(
    "--device", default=None, help="cuda, xpu, mps, cpu, or auto (spread over all GPUs); the best one by default."
)
@click.option("--dtype", default=None, help="bfloat16, float16 or float32; the fastest by default.")
@click.option("--trust-remote-code", is_flag=True, help="Run the Python code that comes with a model.")
@click.option("--overwrite", is_flag=True, help="Start anew if the folder belongs to another run.")
@json_option
def command(model: str, as_json: bool, **given: Any) -> None:
    """Predict and evaluate one set of questions under every combination of temperature, top-k and top-p.

    The same command resumes a run that was stopped. OUT gets sweep.json, sweep.html, and for each setting the files of
    `predict` and `evaluate`, which `sqlwright compare OUT/*.report.json` tests against each other.
    """
    from ..core import UsageError
    from ..evaluation.sweep import grid, read_numbers, render_sweep, sweep
    from ..evaluation.workers import warm_up
    from ..generation.backends import backend_of
    from ..generation.find import weights_fingerprint
    from ..generation.load import load_generator
    from ..generation.taught import prompt_options as as_taught

    if backend_of(model).weights == "parser":
        raise UsageError("The built-in model searches and does not sample.", "Name a language model with -m.")
    settings = grid(
        read_numbers(given["temperature"], "--temperature", float),
        read_numbers(given["top_k"], "--top-k", int),
        read_numbers(given["top_p"], "--top-p", float),
    )
    warm_up("sqlwright.evaluation.judge")
    from itertools import islice

    from ..data import DatabaseFolder, read_examples
    from ..evaluation.html import write_page
    from ..evaluation.predict import check_questions
    from ..evaluation.predict_options import PredictOptions
    from ..generation import Sampling

    examples = list(islice(read_examples(given["data"], format=given["data_format"]), given["limit"]))
    check_questions(examples, DatabaseFolder(given["databases"]), {})
    model_options = {name: given[name] for name in ("template", "adapter", "device", "dtype", "trust_remote_code")}
    generator = load_generator(model, batch_size=given["batch_size"], **model_options)
    asked = as_taught(generator, **{name: given[name] for name in ("preset", "style", "samples", "hints")})
    sampling = Sampling(max_new_tokens=given["max_new_tokens"], seed=given["seed"])
    found = sweep(
        generator,
        examples,
        given["data"],
        given["databases"],
        given["out"],
        settings,
        PredictOptions(sampling=sampling, prompt=asked, batch_size=given["batch_size"]),
        run={**model_options, "weights": weights_fingerprint(model, given["adapter"])},
        data_format=given["data_format"],
        limit=given["limit"],
        workers=given["workers"],
        overwrite=given["overwrite"],
        on_progress=_tell,
    )
    page = given["out"] / "sweep.html"
    write_page(render_sweep(found), page)
    if as_json:
        echo_json(found.to_dict())
    else:
        click.echo(summary(found))
    click.echo(f"Wrote {page}", err=True)
    failed = sum(point.failed for point in found.points)
    if failed:
        click.echo(f"{failed} questions gave no text. Run the same command to ask them again.", err=True)
    sys.exit(1 if failed else 0)


def summary(found: Sweep) -> str:
    from ..evaluation.sweep import CAUTION, SCORES

    rows = [(p.setting.name, *(str(p.scores[name]) for name in SCORES)) for p in found.points]
    return f"{aligned(HEAD, rows)}\n\n{CAUTION}"


def _tell(setting: Setting, progress: PredictProgress) -> None:
    if progress.done in (progress.kept, progress.total):
        click.echo(f"{setting.name}: {progress.done} of {progress.total} predictions", err=True)
