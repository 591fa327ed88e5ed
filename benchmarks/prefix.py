"""Tokens per second of the transformers backend with and without the shared schema prefix.

    python benchmarks/prefix.py --data spider/dev.json.gz --databases spider/database --db-id world_1

A Llama of 24 M random weights answers questions about one database, which all begin with its schema. CPU seconds are
counted, not wall time, so other work on the machine matters less.
"""

from __future__ import annotations

import argparse
import platform
import sys
import tempfile
import time
from pathlib import Path

import torch
import transformers

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.models import save_llama

from sqlwright.data import DatabaseFolder, read_examples
from sqlwright.generation import Sampling
from sqlwright.generation.hf import HfGenerator
from sqlwright.prompts import build_prompt


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--databases", required=True)
    parser.add_argument("--db-id", default="world_1")
    parser.add_argument("--questions", type=int, default=48)
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--threads", type=int, default=1)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    transformers.utils.logging.disable_progress_bar()
    print(
        f"{platform.processor() or platform.machine()}, {arguments.threads} threads, Python {platform.python_version()}"
    )
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, {' '.join(sys.argv)}")

    with DatabaseFolder(arguments.databases).open(arguments.db_id) as database:
        schema = database.schema()
    examples = [e for e in read_examples(arguments.data) if e.db_id == arguments.db_id][: arguments.questions]
    prompts = [build_prompt(e.question, schema) for e in examples]
    with tempfile.TemporaryDirectory() as folder:
        save_llama(Path(folder), hidden=384, layers=8, heads=6, inner=1536, vocabulary=8192, context=4096)
        models = {
            name: HfGenerator(folder, dtype=arguments.dtype, share_prefix=shared, batch_size=16)
            for name, shared in (("shared", True), ("plain", False))
        }
        print(f"{len(prompts)} questions, prompts of {len(models['plain'].encode(prompts[0]))} tokens, batches of 16\n")
        print("new tokens  shared tok/s  plain tok/s  ratio")
        for new in (8, 48):
            speed = {name: tokens_per_cpu_second(model, prompts, new) for name, model in models.items()}
            print(f"{new:10}  {speed['shared']:12.0f}  {speed['plain']:11.0f}  {speed['shared'] / speed['plain']:5.2f}")


def tokens_per_cpu_second(model: HfGenerator, prompts, new: int) -> float:
    started = time.process_time()
    completions = model.generate(prompts, Sampling(max_new_tokens=new))
    return sum(c[0].tokens or 0 for c in completions) / (time.process_time() - started)


if __name__ == "__main__":
    main()
