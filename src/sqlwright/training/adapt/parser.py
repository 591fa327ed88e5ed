"""The built-in parser tuned on questions of one database, with public ones mixed in."""

from __future__ import annotations

import hashlib
import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...data.prompting import Context, Contexts
from ...evaluation.predict_options import PredictOptions
from ...generation import Generator
from ...generation.built_in import BuiltInGenerator
from ...parser.graph_cache import BUILT_IN
from ...parser.rows import ParserRow
from ...parser.runtime import TOKENIZER, load_pieces_tokenizer
from ...parser.schema_text import Pieces
from ...parser.weights import FILE, GRAPHS, read_facts
from ..parser import PARSER_PROMPT, prepared_rows, texts_of
from .tuner import MOST_OFTEN, SHARES, Learn

if TYPE_CHECKING:
    from ...parser.train import WeightedRows


@dataclass(frozen=True, slots=True)
class ParserTuner:
    """A `Tuner` of the built-in model.

    tuned_share: the weights are averaged, this much of the tuned ones and the rest of the package's, which keeps
    what the model knew of other questions (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
    """

    max_steps: int = 120
    batch_size: int = 32
    learning_rate: float = 3e-4
    encoder_learning_rate: float = 8e-5
    tuned_share: float = 0.7
    seed: int = 0
    base: str = field(default="built-in", init=False)

    def settings(self) -> dict[str, Any]:
        return {k: v for k, v in asdict(self).items() if k != "base"}

    def base_fingerprint(self) -> str:
        return hashlib.sha256((BUILT_IN / FILE).read_bytes()).hexdigest()

    def asked_with(self) -> PredictOptions:
        return PredictOptions()

    def untuned(self) -> Generator:
        return BuiltInGenerator()

    def tuned(self, folder: Path, name: str) -> Generator:
        return BuiltInGenerator(folder, name=name)

    def files(self, folder: Path) -> Sequence[Path]:
        return [folder / name for name in (*GRAPHS, TOKENIZER, FILE)]

    def tune(self, learn: Learn, folder: Path, on_log: Callable[[Mapping[str, Any]], None]) -> None:
        """From the package's weights to a model in `folder`."""
        import torch

        from ...parser.export import load_parser, save_parser
        from ...parser.train import Settings, train

        if (folder / FILE).is_file():
            return
        tokenizer = load_pieces_tokenizer(BUILT_IN)
        pieces = Pieces(tokenizer)
        sources, known = _sources(learn, self, on_log)
        texts = texts_of(known, pieces)
        model = load_parser(BUILT_IN)
        base = {name: value.clone() for name, value in model.state_dict().items()}
        settings = Settings(
            max_steps=self.max_steps,
            batch_size=self.batch_size,
            group_size=self.batch_size // 2,  # one database reads fast, and each step sees public questions too
            learning_rate=self.learning_rate,
            encoder_learning_rate=self.encoder_learning_rate,
            warmup_steps=max(1, self.max_steps // 10),
            decay_share=0.6,
            seed=self.seed,
            eval_steps=self.max_steps,
            save_steps=25,
            logging_steps=10,
        )
        tuned = train(model, sources, texts, pieces, settings, folder, on_log=on_log)
        model.load_state_dict({name: torch.lerp(base[name], value, self.tuned_share) for name, value in tuned.items()})
        facts = {k: v for k, v in read_facts(BUILT_IN / FILE).items() if k not in ("config", "words")}
        tokenizer.save(str(folder / TOKENIZER))
        save_parser(model.eval(), folder, {**facts, "tuning": self.settings()}, graphs=BUILT_IN)
        for name in ("checkpoint.pt", "stable.pt", "best.pt"):
            (folder / name).unlink(missing_ok=True)


def _sources(
    learn: Learn, tuning: ParserTuner, on_log: Callable[..., None]
) -> tuple[list[WeightedRows], dict[str, Context]]:
    """The rows by origin, each with how often an epoch shows them so that a run reads them in their shares."""
    from ...parser.train import WeightedRows

    total = tuning.max_steps * tuning.batch_size
    known: dict[str, Context] = {}
    rows: dict[str, list[ParserRow]] = {}
    left_out: Counter[str] = Counter()
    for origin, (examples, databases) in learn.items():
        if origin == "public" and len(examples) > (most := int(total * SHARES[origin])):
            examples = random.Random(tuning.seed).sample(examples, most)  # noqa: S311
        contexts = Contexts(databases, None, PARSER_PROMPT)
        rows[origin] = prepared_rows(examples, contexts, known, left_out, profiled=origin != "public")
    if left_out:
        on_log({"say": f"{left_out.total()} queries are left out: the parser has no form for them."})
    rows = {origin: found for origin, found in rows.items() if found}
    shown = {o: min(total * share, len(rows[o]) * MOST_OFTEN) for o, share in SHARES.items() if o in rows}
    if "synthetic" in rows:
        shown["synthetic"] = total - sum(shown.values())
    often = {origin: shown[origin] / len(found) for origin, found in rows.items()}
    return [WeightedRows(o, found, often[o] / min(often.values())) for o, found in rows.items()], known
