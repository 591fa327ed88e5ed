"""Train, adapt and synthesize."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import Example
from .extras import names_missing_extras
from .targets import opened, target_or_default

if TYPE_CHECKING:
    from ..data.databases import Databases
    from ..db import Database
    from ..synthesis import SynthesisOptions
    from ..training.adapt.adapt import Adaptation
    from ..training.settings.run_config import RunConfig

Log = Callable[[Mapping[str, Any]], None]


@names_missing_extras
def train(config: str | Path | Mapping[str, Any], *, on_log: Log = lambda row: None, **settings: Any) -> Path:
    """Train a model from one YAML file, or from the same settings as a mapping.

    The same call resumes a run that was stopped. Needs the extra `train`.

    Args:
        config: The file, such as "configs/tiny_cpu.yaml"; it may describe several runs. Or the settings of one run.
        on_log: Called with sentences (`{"say": ...}`), counts, and the numbers of each step.
        settings: Override settings of the file; of several runs, those of the last.

    Returns:
        The folder of the finished model, which `model` takes elsewhere. Of several runs, that of the last.

    Raises:
        ConfigError: A setting is unknown, out of range, or contradicts another one.
        NotFoundError: The file does not exist.
    """
    from ..training.settings.load import config_from, load_configs
    from ..training.stages import STAGES

    runs: Sequence[RunConfig]
    if isinstance(config, Mapping):
        runs = (config_from({**config, **settings}),)
    else:
        runs = load_configs(Path(config), [f"{key}={_yaml(value)}" for key, value in settings.items()], _said(on_log))
    folder = Path()
    for run in runs:
        folder = STAGES[run.stage].train(run, on_log)
    return folder


@names_missing_extras
def adapt(
    database: str | Path | None = None,
    *,
    model: str = "built-in",
    pairs: str | Path | Iterable[Example] | None = None,
    test: str | Path | Iterable[Example] = (),
    public: str | Path | None = None,
    databases: str | Path | Databases | None = None,
    n: int = 1500,
    held_out: int = 120,
    steps: int | None = None,
    name: str = "",
    seed: int = 0,
    on_log: Log = lambda row: None,
    **settings: Any,
) -> Adaptation:
    """Tune a model to a database, and compare it with the model before tuning on held-out questions.

    If the tuned model is not worse, `ask` uses it for this database from then on. The same call resumes a run that was
    stopped. Needs the extra `train`.

    Args:
        database: As in `ask`, but not an open `Database`.
        model: The model to tune: "built-in", a folder or a hub name.
        pairs: Verified questions; by default those that `remember` stored.
        test: Questions to judge by; by default a quarter of the pairs, if there are at least 40.
        public: Questions about other databases, against forgetting; by default those of the demo database.
        databases: A folder with the databases of `public`; by default the folder of that file.
        n: How many synthetic questions to learn from.
        held_out: How many synthetic questions to judge by.
        steps: Training steps.
        name: Name of the tuned model.
        seed: Of the synthetic questions and of the training.
        on_log: As in `train`.
        settings: For a language model: settings of its training.

    Returns:
        The scores before and after, the page, and whether the tuned model was registered.

    Raises:
        SqlwrightError: No question can be made from the database.
        UsageError: A file or the model does not exist, or settings were given for the built-in model.
    """
    from ..training.adapt.adapt import AdaptOptions, adapt
    from ..training.adapt.inputs import public_questions, remembered, tuner_for

    target = str(target_or_default(database))
    overrides = [f"{key}={_yaml(value)}" for key, value in settings.items()]
    return adapt(
        target,
        pairs=remembered(target) if pairs is None else _examples(pairs),
        test=_examples(test),
        public=public_questions(target, public, databases, seed),
        tuner=tuner_for(model, overrides, steps, seed),
        options=AdaptOptions(synthetic=n, synthetic_test=held_out, seed=seed),
        name=name,
        on_log=on_log,
    )


@names_missing_extras
def synthesize(
    database: str | Path | Database | None = None,
    n: int = 1000,
    *,
    seed: int = 0,
    options: SynthesisOptions | None = None,
    out: str | Path | None = None,
) -> list[Example]:
    """Make questions with SQL from a live database. Each query was run.

    Args:
        database: As in `ask`.
        n: How many pairs to make. A small database may give fewer.
        seed: The same database and seed give the same pairs.
        options: Wordings per query, shapes, and pairs to leave out.
        out: Also write the pairs to this file, as JSON Lines.

    Returns:
        The pairs.

    Raises:
        SqlwrightError: No question can be made from the database.
    """
    from ..data import write_rows
    from ..synthesis import synthesize

    with opened(database) as found:
        pairs = list(synthesize(found, n, seed, options))
    if out:
        write_rows(Path(out), (pair.to_dict() for pair in pairs))
    return pairs


def _examples(given: str | Path | Iterable[Example]) -> list[Example]:
    from ..data import read_examples

    return list(read_examples(given) if isinstance(given, (str, Path)) else given)


def _said(on_log: Log) -> Callable[[str], None]:
    return lambda text: on_log({"say": text})


def _yaml(value: Any) -> str:
    """On one line, as after KEY= on the command line."""
    import json

    return json.dumps(str(value) if isinstance(value, Path) else value)  # YAML reads JSON
