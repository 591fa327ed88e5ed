"""Train the built-in model on a GPU that is lent for minutes: rows are prepared before, weights come in small parts.

    python benchmarks/parser_gpu.py prepare configs/parser.yaml build/parser_rows
    python benchmarks/parser_gpu.py train build/parser_rows OUT --minutes 9 --max-steps 6000
    python benchmarks/parser_gpu.py join OUT MODEL

`prepare` reads all data and takes minutes on a CPU. It writes the rows to a folder and refuses more than 60 MB. Copy
the folder to the GPU's machine, which needs this repository and torch but no data set. `train` stops at the time limit;
the same command goes on from the checkpoint in OUT. It writes the weights as bfloat16 in parts of 15 MB. `join` makes
a model folder of them for `sqlwright ask -m MODEL`.
"""

from __future__ import annotations

import argparse
import io
import json
import lzma
import pickle
import platform
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from sqlwright.parser.export import load_parser, save_parser
from sqlwright.parser.graph_cache import BUILT_IN
from sqlwright.parser.runtime import TOKENIZER, load_pieces_tokenizer
from sqlwright.parser.schema_text import Pieces
from sqlwright.parser.train import train
from sqlwright.parser.weights import FILE, read_facts
from sqlwright.training.parser import read_sources, sequence_accuracy, settings_of, texts_of, without_held_out
from sqlwright.training.settings.load import load_configs

MOST_BYTES = 60_000_000
PART_BYTES = 15_000_000
ROWS = "rows.pickle.xz"


def prepare(arguments: argparse.Namespace) -> None:
    config = load_configs(arguments.config)[0]
    sources, known = read_sources(config, lambda row: print(json.dumps(row), flush=True))
    arguments.folder.mkdir(parents=True, exist_ok=True)
    packed = lzma.compress(pickle.dumps((config, sources, known)), preset=3)
    if len(packed) > MOST_BYTES:
        sys.exit(f"{len(packed):,} bytes are too many: ask for fewer products or product_questions.")
    (arguments.folder / ROWS).write_bytes(packed)
    print(f"{sum(map(len, sources.values())):,} rows about {len(known)} databases, {len(packed):,} bytes")


def learn(arguments: argparse.Namespace) -> None:
    deadline = time.monotonic() + 60 * arguments.minutes
    # Our own file: a pickle runs code, so do not read one that came from elsewhere.
    config, sources, known = pickle.loads(lzma.decompress((arguments.folder / ROWS).read_bytes()))
    device = "cuda" if torch.cuda.is_available() else "cpu"
    name = torch.cuda.get_device_name() if device == "cuda" else platform.processor()
    print(
        f"{platform.platform()}, torch {torch.__version__}, {device} {name}", " ".join(sys.argv), sep="\n", flush=True
    )
    pieces = Pieces(load_pieces_tokenizer(BUILT_IN))
    texts = texts_of(known, pieces)
    learned, questions = without_held_out(sources, config)
    settings = settings_of(config, max_steps=arguments.max_steps, batch_size=arguments.batch_size, save_steps=50)
    model = load_parser(BUILT_IN).to(device)

    def told(row: Mapping[str, Any]) -> None:
        print(json.dumps(row), flush=True)
        if time.monotonic() > deadline:
            raise TimeoutError

    try:
        train(
            model,
            learned,
            texts,
            pieces,
            settings,
            arguments.out,
            evaluate=lambda m: sequence_accuracy(m, questions, texts, pieces),
            on_log=told,
        )
    except TimeoutError:
        print("The time is up; the same command goes on from the checkpoint.", flush=True)
    _write_parts(model, arguments.out)


def _write_parts(model: torch.nn.Module, out: Path) -> None:
    packed = io.BytesIO()
    torch.save({key: value.to("cpu", torch.bfloat16) for key, value in model.state_dict().items()}, packed)
    whole = packed.getvalue()
    for old in out.glob("weights.*.part"):
        old.unlink()
    for i, start in enumerate(range(0, len(whole), PART_BYTES)):
        (out / f"weights.{i:02}.part").write_bytes(whole[start : start + PART_BYTES])


def join(arguments: argparse.Namespace) -> None:
    whole = b"".join(path.read_bytes() for path in sorted(arguments.out.glob("weights.*.part")))
    weights = torch.load(io.BytesIO(whole), map_location="cpu", weights_only=True)
    model = load_parser(BUILT_IN)
    model.load_state_dict({key: value.float() for key, value in weights.items()})
    facts = {key: value for key, value in read_facts(BUILT_IN / FILE).items() if key not in ("config", "words")}
    arguments.model.mkdir(parents=True, exist_ok=True)
    load_pieces_tokenizer(BUILT_IN).save(str(arguments.model / TOKENIZER))
    save_parser(model.eval(), arguments.model, facts, graphs=BUILT_IN)
    print(f"sqlwright ask -m {arguments.model} ...")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(required=True)
    one = commands.add_parser("prepare")
    one.add_argument("config", type=Path)
    one.add_argument("folder", type=Path)
    one.set_defaults(run=prepare)
    two = commands.add_parser("train")
    two.add_argument("folder", type=Path)
    two.add_argument("out", type=Path)
    two.add_argument("--minutes", type=float, default=9.0)
    two.add_argument("--max-steps", type=int, default=6000, help="The learning rate falls toward this step.")
    two.add_argument("--batch-size", type=int, default=64)
    two.set_defaults(run=learn)
    three = commands.add_parser("join")
    three.add_argument("out", type=Path)
    three.add_argument("model", type=Path)
    three.set_defaults(run=join)
    arguments = parser.parse_args()
    arguments.run(arguments)


if __name__ == "__main__":
    main()
