"""A training run of the built-in parser, from data sets to a folder that `-m` takes."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..core import DataError, Example, MissingExtraError
from ..data import DatabaseFolder, read_examples
from ..data.prompting import Context, Contexts, PromptOptions
from ..data.schemas import read_schemas
from ..parser.candidates import MAX_CODES
from ..parser.from_sql import FormError
from ..parser.graph_cache import BUILT_IN
from ..parser.rows import ParserRow, lay_out_row, prepare
from ..parser.runtime import TOKENIZER, load_pieces_tokenizer
from ..parser.schema_text import Pieces, SchemaText, read_schema, without_views
from ..parser.tokens import ColumnPointer, TablePointer, Token
from ..parser.weights import FILE
from .data.analyst_rows import database_rows, product_rows
from .data.translated_rows import Translation, translated_rows
from .on_log import OnLog
from .stages import DryRun
from .stages.parser import Config

if TYPE_CHECKING:
    from ..parser.model import ModelConfig, Parser
    from ..parser.train import Settings, WeightedRows

EVAL_BATCH = 24
ENCODER_FILE = "model.safetensors"
BRIDGE_QUESTIONS = 2_400  # that the bridge to another encoder is fitted on
PRODUCTS, ANALYSTS = "invented products", "analysts' questions"  # sources of rows that no file holds
PARSER_PROMPT = PromptOptions(samples=MAX_CODES + 1)  # what the parser asks of a schema


def train_parser(config: Config, on_log: OnLog = lambda row: None) -> Path:
    """Run or continue the training that `config` describes; returns the folder of the finished model.

    Raises DataError where nothing can be trained on, MissingExtraError without torch.
    """
    try:
        import torch  # noqa: F401
    except ImportError as error:
        raise MissingExtraError("Training needs torch.", "train") from error

    from ..parser.export import save_parser
    from ..parser.train import train

    out, start = Path(config.output_dir), _start(config.model_name_or_path)
    encoder = _encoder(config.encoder) if config.encoder else None
    out.mkdir(parents=True, exist_ok=True)
    (out / "config.json").write_text(json.dumps(config.to_dict(), indent=2), encoding="utf-8")
    tokenizer = load_pieces_tokenizer(encoder or start)
    pieces = Pieces(tokenizer)
    sources, known = read_sources(config, on_log)
    texts = texts_of(known, pieces)
    learned, questions = without_held_out(sources, config)
    model = _begun(config, start, encoder, pieces, sources, known)
    best = train(
        model,
        learned,
        texts,
        pieces,
        settings_of(config),
        out,
        evaluate=(lambda m: sequence_accuracy(m, questions, texts, pieces)) if questions else None,
        on_log=on_log,
    )
    model.load_state_dict(best)
    same_network = (start / FILE).is_file() and encoder is None
    save_parser(model.eval(), out, {"config_of_run": config.to_dict()}, graphs=start if same_network else None)
    tokenizer.save(str(out / TOKENIZER))
    return out


def dry_run_parser(config: Config) -> DryRun:
    """Everything but the training. Raises what `train_parser` raises."""
    _start(config.model_name_or_path)
    if config.encoder:
        _encoder(config.encoder)
    read: list[str] = []
    sources, _ = read_sources(config, lambda row: read.append(_counted(row)))
    held, questions = _held_out(sources, config)
    kept = {name: [row for row in rows if row.db_id not in held] for name, rows in sources.items()}
    rows = [row for source in kept.values() for row in source]
    shown = sum(config.dataset.get(name, 1.0) * len(source) for name, source in kept.items())
    facts = {
        "model": config.model_name_or_path + (f", encoder of {config.encoder}" if config.encoder else ""),
        "data": f"{len(rows):,} rows, of which an epoch shows about {shown:,.0f}",
        "held out": f"{len(held)} databases, {len(questions)} questions",
        "step": f"{config.batch_size} questions, {config.group_size} of one database together",
        "steps": f"{config.max_steps:,}, {config.max_steps * config.batch_size / max(shown, 1):.2f} epochs",
        "rate": f"{config.learning_rate:g}, of the encoder {config.encoder_learning_rate:g}, warm-up "
        f"{config.warmup_steps}, the last {config.decay_share:.0%} of the steps fall to 0",
        "folder": config.output_dir,
    }
    parameters = (*(f"{name:<10} {value}" for name, value in facts.items()), *read)
    first = rows[0]
    return DryRun(parameters, ((f"{first.question}\n", False), (" ".join(map(_spelled, first.tokens)), True)))


def _counted(row: Mapping[str, Any]) -> str:
    left_out = ", ".join(f"{n} {cause}" for cause, n in row["left_out"].items())
    return f"  {row['rows']:,} rows of {row['dataset']}" + (f"; left out: {left_out}" if left_out else "")


def _spelled(token: Token) -> str:
    match token:
        case str():
            return token
        case TablePointer():
            return token.table
        case ColumnPointer():
            return f"{token.table}.{token.column}"
        case _:
            return repr(token.text)


def sequence_accuracy(
    model: Parser, rows: Sequence[ParserRow], texts: Mapping[str, SchemaText], pieces: Pieces
) -> dict[str, float]:
    """The share of questions whose every token the model predicts after the right ones before it.

    A lower bound of the exact match of greedy decoding; a question that cannot be laid out counts as wrong.
    """
    import torch

    from ..parser.batch import IGNORED, collate, targets

    model.eval()
    right = 0
    for start in range(0, len(rows), EVAL_BATCH):
        laid_out = [x for r in rows[start : start + EVAL_BATCH] if (x := lay_out_row(r, texts[r.db_id], pieces))]
        if not laid_out:
            continue
        layouts, sequences = zip(*laid_out, strict=True)
        device = model.pieces.weight.device
        given, positions, labels = (torch.from_numpy(a).to(device) for a in targets(layouts, sequences))
        with torch.no_grad():
            predicted = model(collate(layouts), given, positions).argmax(-1)
        right += int(((predicted == labels) | (labels == IGNORED)).all(1).sum())
    return {"sequence_accuracy": right / len(rows)}


def _start(spec: str) -> Path:
    folder = BUILT_IN if spec == "built-in" else Path(spec).expanduser()
    return _with_files("model_name_or_path", folder, FILE if (folder / FILE).is_file() else ENCODER_FILE)


def _encoder(spec: str) -> Path:
    return _with_files("encoder", Path(spec).expanduser(), ENCODER_FILE)


def _with_files(key: str, folder: Path, weights: str) -> Path:
    if missing := sorted(name for name in (TOKENIZER, weights) if not (folder / name).is_file()):
        raise DataError(f"{key} {str(folder)!r} lacks {' and '.join(missing)}")
    return folder


def _begun(
    config: Config,
    start: Path,
    encoder: Path | None,
    pieces: Pieces,
    sources: Mapping[str, Sequence[ParserRow]],
    known: Mapping[str, Context],
) -> Parser:
    """The model that training begins with: a parser's weights, with another encoder if one is named, or new ones."""
    from ..parser.export import load_parser
    from ..parser.train import new_parser
    from ..parser.transfer import fit_bridge, transfer

    if not (start / FILE).is_file():
        return new_parser(_shape(start), start / ENCODER_FILE, config.seed)
    trained = load_parser(start)
    if encoder is None:
        return trained
    shape = replace(_shape(encoder), lower_layers=config.encoder_layers)
    model = transfer(trained.eval(), encoder / ENCODER_FILE, shape, config.seed).eval()
    questions = [row.question for rows in sources.values() for row in rows if row.question.isascii()]
    sample = random.Random(config.seed).sample(questions, min(BRIDGE_QUESTIONS, len(questions)))  # noqa: S311
    fit_bridge(model, trained, pieces, Pieces(load_pieces_tokenizer(start)), sample, [c.schema for c in known.values()])
    return model


def texts_of(known: Mapping[str, Context], pieces: Pieces) -> dict[str, SchemaText]:
    """The schemas as the network reads them when it is asked: without views, with the profile."""
    return {name: read_schema(without_views(c.schema), pieces, c.profile) for name, c in known.items()}


def _shape(folder: Path) -> ModelConfig:
    """The network's size for the encoder in `folder`, by its config.json where there is one."""
    from ..parser.model import ModelConfig

    path = folder / "config.json"
    return (
        ModelConfig(vocabulary=json.loads(path.read_text("utf-8"))["vocab_size"]) if path.is_file() else ModelConfig()
    )


def read_sources(config: Config, on_log: OnLog) -> tuple[dict[str, list[ParserRow]], dict[str, Context]]:
    """Rows by file, and what they are about by database; what cannot be learned is counted by cause."""
    folder = DatabaseFolder(config.databases)
    contexts = Contexts(folder, None, PARSER_PROMPT)
    sources: dict[str, list[ParserRow]] = {}
    known: dict[str, Context] = {}
    translated = _translations(config, folder)
    for path in config.dataset:
        left_out: Counter[str] = Counter()
        examples: list[Example] = []
        for example in read_examples(path, on_bad_row=lambda error: left_out.update(["bad row"])):  # noqa: B023
            if example.db_id in folder:
                examples.append(example)
            else:
                left_out["no database"] += 1
        if path in config.translations:
            rows = sources[path] = translated_rows(examples, translated[path], contexts, known, left_out)
        else:
            rows = sources[path] = prepared_rows(examples, contexts, known, left_out, path in config.profiled)
        on_log({"dataset": path, "rows": len(rows), "left_out": dict(left_out)})
    words = {name: one for found in translated.values() for name, one in found.items()}
    made = {
        ANALYSTS: database_rows(folder, sorted(known), config.analyst_questions, PARSER_PROMPT, words),
        PRODUCTS: product_rows(range(config.products), config.product_questions, PARSER_PROMPT),
    }
    for name, wanted in ((ANALYSTS, config.analyst_questions), (PRODUCTS, config.products)):
        if not wanted:
            continue
        sources[name] = []
        for context, rows in made[name]:
            known.setdefault(context.schema.db_id, context)
            sources[name] += rows
        on_log({"dataset": name, "rows": len(sources[name]), "left_out": {}})
    if not any(sources.values()):
        raise DataError("no question of the data sets can be trained on")
    return sources, known


def _translations(config: Config, folder: DatabaseFolder) -> dict[str, dict[str, Translation]]:
    """By file, the translation of each database that is at hand and has the shape of the translated schema."""
    if not config.translations:
        return {}
    originals = read_schemas(config.original_tables)
    found: dict[str, dict[str, Translation]] = {}
    for path, tables in config.translations.items():
        found[path] = {}
        for name, schema in read_schemas(tables).items():
            if name in originals and name in folder:
                with folder.open(name) as database:
                    translation = Translation.of(schema, originals[name], database.schema())
                if translation:
                    found[path][name] = translation
    return found


def prepared_rows(
    examples: Sequence[Example],
    contexts: Contexts,
    known: dict[str, Context],
    left_out: Counter[str],
    profiled: bool = False,
) -> list[ParserRow]:
    """The rows by database. Adds to `known`, and to `left_out` the causes of queries that the form cannot express.

    `profiled` queries are read with the database's profile: dates, flags, units and today's date are told apart.
    """
    rows = []
    for example in sorted(examples, key=lambda e: e.db_id):
        context = contexts.of(example)
        known.setdefault(example.db_id, replace(context, values=None))
        try:
            profile = context.profile if profiled else None
            rows.append(prepare(example, known[example.db_id].schema, context.values, profile))
        except FormError as error:
            left_out[error.cause] += 1
    return rows


def settings_of(config: Config, **changed: Any) -> Settings:
    """The settings of `parser.train` that `config` holds, `changed` as given."""
    from ..parser.train import Settings

    given = {name: getattr(config, name) for name in Settings.__dataclass_fields__ if hasattr(config, name)}
    return Settings(**{**given, **changed})


def without_held_out(
    sources: Mapping[str, Sequence[ParserRow]], config: Config
) -> tuple[list[WeightedRows], list[ParserRow]]:
    """The rows to learn from, and the questions about the databases left out that choose the checkpoint."""
    from ..parser.train import WeightedRows

    held, questions = _held_out(sources, config)
    learned = [
        WeightedRows(name, [r for r in rows if r.db_id not in held], config.dataset.get(name, 1.0))
        for name, rows in sources.items()
    ]
    return learned, questions


def _held_out(sources: Mapping[str, Sequence[ParserRow]], config: Config) -> tuple[frozenset[str], list[ParserRow]]:
    """Databases left out of training, and questions about them, without a history, to choose the checkpoint by."""
    names = sorted({row.db_id for rows in sources.values() for row in rows})
    rng = random.Random(config.seed)  # noqa: S311
    held = frozenset(rng.sample(names, min(config.held_out, len(names) - 1)))
    rows = [row for rows in sources.values() for row in rows if row.db_id in held and not row.history]
    rng.shuffle(rows)
    return held, sorted(rows[: config.eval_samples], key=lambda row: row.db_id)
