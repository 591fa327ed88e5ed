"""The built-in parser tuned on questions of one database, with public ones mixed in."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import Example
from ..data.databases import Databases
from ..data.prompting import Contexts
from ..parser.ask import BUILT_IN
from ..parser.rows import Row
from ..parser.runtime import TOKENIZER, load_tokenizer
from ..parser.schema_text import Pieces, read_schema, without_views
from ..parser.weights import FILE, read_facts
from .parser import PARSER_PROMPT, prepared_rows

if TYPE_CHECKING:
    from ..core import Schema
    from ..parser.train import Source

SHARES = {"verified": 0.35, "public": 0.3}  # of what a run reads; synthetic pairs are the rest
MOST_OFTEN = 12  # times that a run shows a verified pair: a few are not to be learned by heart


@dataclass(frozen=True, slots=True)
class Tuning:
    """How the parser is tuned.

    tuned_share: the weights are averaged, this much of the tuned ones and the rest of the package's, which keeps
    what the model knew of other questions (Wortsman et al., "Robust fine-tuning of zero-shot models", CVPR 2022).
    """

    max_steps: int = 120
    batch_size: int = 32
    learning_rate: float = 3e-4
    encoder_learning_rate: float = 8e-5
    tuned_share: float = 0.7
    seed: int = 0


def tune_parser(
    learn: Mapping[str, tuple[Sequence[Example], Databases]],
    folder: Path,
    tuning: Tuning,
    on_log: Callable[[Mapping[str, Any]], None] = lambda row: None,
) -> None:
    """From the package's weights to a model in `folder`.

    `learn`: questions and where their databases are, by origin: "synthetic", and "verified" and "public" where there
    are any. Goes on from a checkpoint in `folder`; a finished model stays as it is.
    """
    import torch

    from ..parser.export import load_parser, save_parser
    from ..parser.train import Settings, train

    if (folder / FILE).is_file():
        return
    tokenizer = load_tokenizer(BUILT_IN)
    pieces = Pieces(tokenizer)
    sources, schemas = _sources(learn, tuning, on_log)
    texts = {db_id: read_schema(without_views(schema), pieces) for db_id, schema in schemas.items()}
    model = load_parser(BUILT_IN)
    base = {name: value.clone() for name, value in model.state_dict().items()}
    settings = Settings(
        max_steps=tuning.max_steps,
        batch_size=tuning.batch_size,
        group_size=tuning.batch_size // 2,  # one database reads fast, and each step sees public questions too
        learning_rate=tuning.learning_rate,
        encoder_learning_rate=tuning.encoder_learning_rate,
        warmup_steps=max(1, tuning.max_steps // 10),
        decay_share=0.6,
        seed=tuning.seed,
        eval_steps=tuning.max_steps,
        save_steps=25,
        logging_steps=10,
    )
    tuned = train(model, sources, texts, pieces, settings, folder, on_log=on_log)
    model.load_state_dict({name: torch.lerp(base[name], value, tuning.tuned_share) for name, value in tuned.items()})
    facts = {k: v for k, v in read_facts(BUILT_IN / FILE).items() if k not in ("config", "words")}
    tokenizer.save(str(folder / TOKENIZER))
    save_parser(model.eval(), folder, {**facts, "tuning": asdict(tuning)}, graphs=BUILT_IN)
    for name in ("checkpoint.pt", "stable.pt", "best.pt"):
        (folder / name).unlink(missing_ok=True)


def _sources(
    learn: Mapping[str, tuple[Sequence[Example], Databases]], tuning: Tuning, on_log: Callable[..., None]
) -> tuple[list[Source], dict[str, Schema]]:
    """The rows by origin, each with how often an epoch shows them so that a run reads them in their shares."""
    from ..parser.train import Source

    total = tuning.max_steps * tuning.batch_size
    schemas: dict[str, Schema] = {}
    rows: dict[str, list[Row]] = {}
    left_out: Counter[str] = Counter()
    for origin, (examples, databases) in learn.items():
        if origin == "public" and len(examples) > (most := int(total * SHARES[origin])):
            examples = random.Random(tuning.seed).sample(examples, most)  # noqa: S311
        rows[origin] = prepared_rows(examples, Contexts(databases, None, PARSER_PROMPT), schemas, left_out)
    if left_out:
        on_log({"say": f"{left_out.total()} queries are left out: the parser has no form for them."})
    rows = {origin: found for origin, found in rows.items() if found}
    shown = {o: min(total * share, len(rows[o]) * MOST_OFTEN) for o, share in SHARES.items() if o in rows}
    if "synthetic" in rows:
        shown["synthetic"] = total - sum(shown.values())
    often = {origin: shown[origin] / len(found) for origin, found in rows.items()}
    return [Source(o, found, often[o] / min(often.values())) for o, found in rows.items()], schemas
