"""A language model tuned on questions of one database, with public ones mixed in."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import cycle, islice
from pathlib import Path
from typing import Any

from ...core import ConfigError, Example, UsageError
from ...data.databases import SeveralDatabases
from ...data.prompting import Contexts
from ...evaluation.predict_options import PredictOptions
from ...generation import Generator, Sampling
from ...generation.backends import backend_of
from ...generation.find import MARKS, weights_fingerprint
from ...generation.load import load_generator
from ..data.sources import Data
from ..settings.load import config_from
from ..stages import sft
from .tuner import MOST_OFTEN, SHARES, Learn

FOLDER = "tuned"  # inside the run's
# 3,840 rows, as many as the built-in model reads.
SETTINGS: dict[str, Any] = {
    "finetuning_type": "lora",
    "per_device_train_batch_size": 16,
    "max_steps": 240,
    "save_steps": 40,
    "cutoff_len": 8192,
    "over_length": "shorten",
}


@dataclass(frozen=True, slots=True)
class LanguageModelTuner:
    """A `Tuner` of the model `base`, a folder or a hub name, with the keys of a training configuration."""

    base: str
    config: sft.Config

    @classmethod
    def of(cls, base: str, overrides: Sequence[str] = (), seed: int = 0) -> LanguageModelTuner:
        """`overrides` are `key=value` over SETTINGS. Raises ConfigError; UsageError for a model that lies elsewhere."""
        given = {"stage": "sft", "dataset": ["adapt"], "output_dir": FOLDER, "model_name_or_path": base, "seed": seed}
        config = config_from({**SETTINGS, **given, "eval_samples": 0}, overrides)
        if not isinstance(config, sft.Config):
            raise ConfigError(f"adapt needs stage sft; found {config.stage!r}.", "Take stage out.")
        if fixed := [key for key, value in given.items() if key != "seed" and value != config.to_dict()[key]]:
            raise ConfigError(f"adapt sets {', '.join(fixed)} itself.")
        if backend_of(base).weights != "transformers":
            raise UsageError(f"{base} cannot be tuned here.", "Name a folder with its weights, or a hub name.")
        return cls(base, config)

    def settings(self) -> dict[str, Any]:
        least = {"stage": "sft", "dataset": ["adapt"], "output_dir": "", "model_name_or_path": self.base}
        default = config_from(least).to_dict()
        found = {k: v for k, v in self.config.to_dict().items() if v != default[k] or k in SETTINGS}
        return {k: v for k, v in found.items() if k not in ("dataset", "output_dir")}

    def base_fingerprint(self) -> str:
        return weights_fingerprint(self.base)

    def asked_with(self) -> PredictOptions:
        sampling = Sampling(max_new_tokens=self.config.max_new_tokens)
        return PredictOptions(sampling=sampling, prompt=self.config.prompt_options())

    def untuned(self) -> Generator:
        return load_generator(
            self.base, template=self.config.template or None, trust_remote_code=self.config.trust_remote_code
        )

    def tuned(self, folder: Path, name: str) -> Generator:
        model = load_generator(str(folder / FOLDER), trust_remote_code=self.config.trust_remote_code)
        model.name = name
        return model

    def files(self, folder: Path) -> Sequence[Path]:
        """All but the adapter's or model's configuration come first: with it the folder is a model."""
        found = sorted(p for p in (folder / FOLDER).iterdir() if p.is_file() and p.suffix != ".html")
        return sorted(found, key=lambda p: p.name in MARKS)

    def tune(self, learn: Learn, folder: Path, on_log: Callable[[Mapping[str, Any]], None]) -> None:
        from ..run import train_language_model

        config = self.config.changed(output_dir=str(folder / FOLDER))
        databases = SeveralDatabases([found for _, found in learn.values()])
        contexts = Contexts(databases, None, config.prompt_options())
        rows = self.config.max_steps * self.config.per_device_train_batch_size * self.config.gradient_accumulation_steps
        train_language_model(config, on_log, Data(mixed(learn, rows, config.seed), (), contexts, databases))


def mixed(learn: Learn, rows: int, seed: int) -> tuple[Example, ...]:
    """`rows` examples in the shares of SHARES, shuffled; what is shown again gets an id of its own."""
    rng = random.Random(f"adapt/{seed}")  # noqa: S311
    wanted = {o: min(int(rows * share), len(learn[o][0]) * MOST_OFTEN) for o, share in SHARES.items() if o in learn}
    if "synthetic" in learn:
        wanted["synthetic"] = rows - sum(wanted.values())
    found = []
    for origin, count in wanted.items():
        examples = rng.sample(learn[origin][0], len(learn[origin][0]))
        for number, example in enumerate(islice(cycle(examples), count)):
            found.append(replace(example, id=f"{origin}/{number // len(examples)}/{example.id}"))
    rng.shuffle(found)
    return tuple(found)
