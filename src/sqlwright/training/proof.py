"""Base and tuned model on the same held-out questions: same prompt, same extraction, same judge."""

from __future__ import annotations

import gc
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..data import write_rows
from ..evaluation.evaluate import evaluate
from ..evaluation.html import render_html, write_page
from ..evaluation.predict import predict
from ..evaluation.predict_options import PredictOptions
from ..evaluation.ranking import Ranking, rank, render_ranking
from ..evaluation.report import Report, write_report
from ..generation import Generator, Sampling
from .on_log import OnLog
from .prepare import Prepared

if TYPE_CHECKING:
    from .trainer import PrefixTrainer

BASE, TUNED = "base", "tuned"


@dataclass(frozen=True, slots=True)
class BaseAndTuned:
    """`reports` by name, base first; `ranking` holds the paired test."""

    reports: Mapping[str, Report]
    ranking: Ranking


def compare_with_base(trainer: PrefixTrainer, prepared: Prepared, on_log: OnLog) -> BaseAndTuned | None:
    """Ask both every held-out question whose database is there; None where there is none.

    Writes held_out.jsonl, and of each model its predictions, report and page, and comparison.html.
    """
    data, out = prepared.data, trainer.folder
    asked = [e for e in data.questions() if data.databases is not None and e.db_id in data.databases]
    if not asked or data.databases is None:
        on_log({"say": "Base and tuned are not compared: no held-out question has its database at hand."})
        return None
    write_rows(out / "held_out.jsonl", (e.to_dict() for e in asked))
    options = PredictOptions(
        sampling=Sampling(max_new_tokens=prepared.config.max_new_tokens), prompt=prepared.config.prompt_options()
    )
    reports: dict[str, Report] = {}
    for name in (BASE, TUNED):
        on_log({"say": f"Asks the {name} model {len(asked)} held-out questions."})
        predictions = out / f"{name}.jsonl"
        with _generator(name, trainer, prepared) as generator:
            generator.name = name
            predict(generator, asked, data.databases, predictions, options=options, overwrite=True)
        reports[name] = evaluate(predictions, out / "held_out.jsonl", data.databases)
        write_report(reports[name], out / f"{name}.json")
        write_page(render_html(reports[name]), out / f"{name}.html")
    ranking = rank(reports)
    write_page(render_ranking(ranking, reports), out / "comparison.html")
    for difference in ranking.differences:
        on_log({"say": difference.sentence()})
    return BaseAndTuned(reports, ranking)


@contextmanager
def _generator(name: str, trainer: PrefixTrainer, prepared: Prepared) -> Iterator[Generator]:
    """An adapter is switched off for the base, so that both are the same model in the same number format.

    Where an adapter was tuned on, the base is the model with that adapter as it was before.
    After full tuning the base is read again from where it came from, and the tuned one from what was written.
    """
    from ..generation.hf import HfGenerator
    from .loading import source_of, start_adapter
    from .score import LiveGenerator

    model = trainer.accelerator.unwrap_model(trainer.model)
    if hasattr(model, "disable_adapter"):
        start = start_adapter(prepared.config)
        load_weights(model, start if start and name == BASE else trainer.folder)
        model.eval()
        live = LiveGenerator(model, prepared.tokenizer, prepared.template)
        if name == BASE and not start:
            with model.disable_adapter():
                yield live
        else:
            yield live
        return
    template = prepared.config.template or None
    source = source_of(prepared.config) if name == BASE else str(trainer.folder)
    yield HfGenerator(source, template=template if name == BASE else None)
    gc.collect()


def load_weights(model: Any, folder: Path) -> None:
    """Those of `folder`, of an adapter or of a whole model: the best ones need not be the last."""
    if hasattr(model, "peft_config"):
        from peft import load_peft_weights, set_peft_model_state_dict

        set_peft_model_state_dict(model, load_peft_weights(str(folder), device=str(model.device)))
        return
    from safetensors.torch import load_file

    found: dict[str, Any] = {}
    for path in sorted(folder.glob("*.safetensors")):
        found |= load_file(path)
    model.load_state_dict(found, strict=False)  # a tied output is stored once
