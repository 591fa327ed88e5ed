"""What a run learns from, by the names in its configuration."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from pathlib import Path
from typing import Literal

from ...core import ConfigError, DataError, Example
from ...data import Contexts, DatabaseFolder, read_examples, read_schemas
from ...data.databases import Databases
from ...data.preference import Preference, is_preferences, read_preferences
from ..settings.language_model import LanguageModelConfig

DEMO = "demo"
SYNTHETIC = "synthetic:"
HELD_OUT_SEED = 1_000_003  # pairs to be asked later are drawn with dice of their own
ENOUGH_DATABASES = 10  # from here on whole databases are held out


@dataclass(frozen=True, slots=True)
class Data:
    """`train` is learned, `held_out` asked; `left_out` counts by reason what a run cannot use.

    Of preference data the examples have the better answers, and `rejected` has by id the worse ones.
    """

    train: tuple[Example, ...]
    held_out: tuple[Example, ...]
    contexts: Contexts
    databases: Databases | None
    left_out: dict[str, int] = field(default_factory=dict)
    rejected: dict[str, str] = field(default_factory=dict)

    def questions(self) -> list[Example]:
        """What is held out, each question of preference data once, which may have several pairs."""
        if not self.rejected:
            return list(self.held_out)
        found: dict[tuple[object, ...], Example] = {}
        for example in self.held_out:
            found.setdefault((example.db_id, example.ddl, example.question, example.history), example)
        return list(found.values())

    def sample(self, count: int, seed: int) -> list[Example]:
        """The fixed questions that are asked during training, by database."""
        asked = self.questions()
        chosen = random.Random(f"sample/{seed}").sample(asked, min(count, len(asked)))  # noqa: S311
        return sorted(chosen, key=lambda e: e.db_id)


def read_data(config: LanguageModelConfig) -> Data:
    """Raises DataError where a row has no answer or nothing is left, and what reading the files raises."""
    databases = _databases(config.databases)
    schemas = read_schemas(config.tables) if config.tables else None
    left_out: Counter[str] = Counter()
    rejected: dict[str, str] = {}
    held_out = _read(config, "dev", databases, (), left_out, rejected)
    train = _read(config, "train", databases, held_out, left_out, rejected)
    contexts = Contexts(databases, schemas, config.prompt_options())
    train = [e for e in train if _usable(e, databases, schemas or {}, left_out)]
    held_out = [e for e in held_out if _usable(e, databases, schemas or {}, left_out)]
    if not held_out and (count := _held_out_count(config, len(train))):
        train, held_out = _parted(train, count, config.seed, paired=bool(rejected))
    if not train:
        raise DataError(f"nothing to train on is left of {', '.join(config.dataset)} ({_counts(left_out)})")
    return Data(tuple(train), tuple(held_out), contexts, databases, dict(left_out), rejected)


def _databases(name: str) -> DatabaseFolder | None:
    if name == DEMO:
        from ...data.demo import demo_database_path, demo_folder

        demo_database_path()  # made on first use
        return DatabaseFolder(demo_folder())
    return DatabaseFolder(name) if name else None


def _held_out_count(config: LanguageModelConfig, examples: int) -> int:
    """How many of `examples` are held out: `val_size` if there is one, else `eval_samples`, at most a fifth."""
    if not config.val_size:
        return min(config.eval_samples, examples // 5)
    count = int(config.val_size if config.val_size >= 1 else config.val_size * examples)
    if not 0 < count < examples:
        raise ConfigError(
            f"val_size is {config.val_size:g}, which holds out {count} of {examples} examples.",
            "Name a size that leaves examples on both sides.",
        )
    return count


def _read(
    config: LanguageModelConfig,
    half: Literal["train", "dev"],
    databases: DatabaseFolder | None,
    avoid: Sequence[Example],
    left_out: Counter[str],
    rejected: dict[str, str],
) -> list[Example]:
    """The examples of every data set of `half`, with ids that say where they come from.

    Those of preference data have ids of their own in both halves, by which `rejected` gets their worse answers.
    """
    names = config.dataset if half == "train" else config.eval_dataset
    seed = config.seed if half == "train" else config.seed + HELD_OUT_SEED
    found: list[Example] = []
    for name in names:
        if config.reads_preferences and _has_preferences(name, half, config):
            found += _preferences(name, half, config, left_out, rejected)
            continue
        if name == DEMO:
            from ...data.demo import demo_examples

            read: Iterable[Example] = demo_examples(split=half)
        elif name.startswith(SYNTHETIC):
            read = _synthetic(name, databases, seed, (*avoid, *found))
        else:
            source = _source(name, Path(config.dataset_dir))
            read = read_examples(source, on_bad_row=lambda error: left_out.update(["bad row"]))
        if config.max_samples:
            read = islice(read, config.max_samples)
        label = Path(name).stem if len(names) > 1 else ""
        found += [replace(e, id=f"{label}/{e.id}") if label else e for e in read]
    return found


def _has_preferences(name: str, half: str, config: LanguageModelConfig) -> bool:
    """Always to be learned from; what is held out may also be plain questions."""
    source = _source(name, Path(config.dataset_dir))
    return half == "train" or (Path(source).is_file() and is_preferences(source))


def _preferences(
    name: str, half: str, config: LanguageModelConfig, left_out: Counter[str], rejected: dict[str, str]
) -> list[Example]:
    source = _source(name, Path(config.dataset_dir))
    read: Iterable[Preference] = read_preferences(source, on_bad_row=lambda error: left_out.update(["bad row"]))
    found = []
    for number, preference in enumerate(islice(read, config.max_samples or None)):
        example = replace(preference.example, id=f"{half}/{Path(name).stem}/{preference.example.id}/{number}")
        rejected[example.id] = preference.rejected
        found.append(example)
    return found


def _source(name: str, folder: Path) -> str:
    """The file or hub data set that LLaMA-Factory's dataset_info.json in `folder` gives `name`; else `name` itself."""
    info = folder / "dataset_info.json"
    if Path(name).exists() or ":" in name or not info.is_file():
        return name
    try:
        entry = json.loads(info.read_text(encoding="utf-8")).get(name, {})
    except (ValueError, AttributeError) as error:
        raise DataError(f"not a mapping of names to data sets: {error}", path=info) from error
    for key, start in (("file_name", f"{folder}/"), ("hf_hub_url", "hf:"), ("ms_hub_url", "modelscope:")):
        if key in entry:
            return f"{start}{entry[key]}"
    return name


def _synthetic(name: str, databases: DatabaseFolder | None, seed: int, avoid: Sequence[Example]) -> list[Example]:
    from ...synthesis import SynthesisOptions, synthesize

    count = name.removeprefix(SYNTHETIC)
    if databases is None or not count.isdigit():
        raise ConfigError(f"{name!r} names no pairs.", "Write synthetic:1000, and the folder in databases.")
    made: list[Example] = []
    for db_id in databases.names():
        options = SynthesisOptions(avoid=tuple(e for e in avoid if e.db_id == db_id))
        with databases.open(db_id) as database:
            made += [replace(e, db_id=db_id) for e in synthesize(database, int(count), seed, options)]
    return made


def _usable(example: Example, databases: DatabaseFolder | None, schemas: Iterable[str], left_out: Counter[str]) -> bool:
    """Raises DataError for a question that should have an answer and has none."""
    if not example.answerable:
        left_out["no schema can answer it"] += 1
        return False
    if not example.gold_sql.strip():
        raise DataError(
            f"question {example.id!r} has no SQL to learn from", hint="Take it out, or mark it as unanswerable."
        )
    if not example.ddl and not (databases is not None and example.db_id in databases) and example.db_id not in schemas:
        left_out["no database or schema"] += 1
        return False
    return True


def _parted(
    examples: list[Example], count: int, seed: int, *, paired: bool = False
) -> tuple[list[Example], list[Example]]:
    """Whole databases apart where there are enough, else whole dialogues, about `count` of the examples.

    `paired`: a question may come several times, and stays together.
    """
    names = {e.db_id for e in examples if not e.ddl}
    by_database = len(names) >= ENOUGH_DATABASES
    alone = {e.id: f"{e.db_id}\0{e.question}" if paired else e.id for e in examples}
    unit = {e.id: e.db_id if by_database and not e.ddl else e.dialogue_id or alone[e.id] for e in examples}
    units = sorted(set(unit.values()))
    random.Random(f"held out/{seed}").shuffle(units)  # noqa: S311
    sizes = Counter(unit.values())
    chosen: set[str] = set()
    for name in units:
        if sum(sizes[n] for n in chosen) >= count:
            break
        chosen.add(name)
    return [e for e in examples if unit[e.id] not in chosen], [e for e in examples if unit[e.id] in chosen]


def _counts(left_out: Counter[str]) -> str:
    return ", ".join(f"{reason}: {n}" for reason, n in left_out.items()) or "it is empty"
