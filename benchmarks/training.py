"""One epoch of supervised tuning: this trainer against TRL's SFTTrainer, on the same tokens with the same model.

    python benchmarks/training.py --data spider/train_spider.json --databases spider/database --rows 256

A Llama of random weights is tuned in full, in float32. Every side runs in a process of its own, one after the other,
and is measured in CPU seconds of its training loop, so that other work on the machine matters less; memory is the
process's peak less what it held before the training. `--db-id NAME` takes the questions of one database;
`--pad-schema N` repeats the schema's own text until prompts have N tokens, as those of a larger database would.
"""

from __future__ import annotations

import argparse
import json
import platform
import resource
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

SIDES = {
    "merged": "merged, 8 of a database",
    "merged-32": "merged, 32 of a database",
    "plain": "one by one, padded",
    "trl-packed": "TRL, packed (bfd)",
    "trl-padded": "TRL, padded",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--databases", required=True)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--db-id")
    parser.add_argument("--pad-schema", type=int, default=0)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        print(json.dumps(measure(arguments)))
        return
    print(
        f"{platform.machine()}, {arguments.threads} threads, Python {platform.python_version()}, {' '.join(sys.argv)}"
    )
    with tempfile.TemporaryDirectory() as folder:
        prepare(arguments, Path(folder))
        found = {side: run(side, folder) for side in SIDES}
    print(f"{'':26} rows/CPU-s  CPU s  loss 1st  loss last  memory MB  tokens computed")
    for side, row in found.items():
        print(
            f"{SIDES[side]:26} {row['rows'] / row['cpu_s']:10.2f} {row['cpu_s']:6.0f} {row['first']:9.4f} "
            f"{row['last']:10.4f} {row['memory_mb']:10.0f} {row['tokens']:16,}"
        )


def prepare(arguments: argparse.Namespace, folder: Path) -> None:
    """Model and rows, made once: all sides read the same."""
    from sqlwright.data import Contexts, DatabaseFolder, PromptOptions, read_examples
    from sqlwright.training.tiny import new_model, new_tokenizer
    from sqlwright.training.tokenize import Tokenizing, tokenize

    examples = [e for e in read_examples(arguments.data) if arguments.db_id in (None, e.db_id)][: arguments.rows]
    contexts = Contexts(DatabaseFolder(arguments.databases), None, PromptOptions(samples=0, hints=False))
    texts = [m.content for e in examples[:: max(1, len(examples) // 200)] for m in contexts.prompt(e).messages]
    tokenizer, template = new_tokenizer([*texts, *(e.question + e.gold_sql for e in examples)], 4096)
    sizes = {
        "hidden_size": arguments.hidden,
        "intermediate_size": 11 * arguments.hidden // 4,
        "num_hidden_layers": arguments.layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
    new_model(tokenizer, {**sizes, "max_position_embeddings": 8192}, 0).save_pretrained(folder / "model")
    tokenizer.save_pretrained(folder / "model")
    how = Tokenizing(tokenizer, template, 8192, "leave_out")
    rows = []
    for row in tokenize(examples, contexts, how).rows:
        more: tuple[int, ...] = ()
        if arguments.pad_schema:
            filler = row.tokens[20:60]  # of the schema
            missing = max(0, arguments.pad_schema - row.answer_start)
            more = (filler * (missing // len(filler) + 1))[:missing]
        tokens = (*row.tokens[:20], *more, *row.tokens[20:])
        rows.append({"id": row.id, "tokens": tokens, "answer_start": row.answer_start + len(more), "group": row.group})
    settings = {"rows": rows, "threads": arguments.threads}
    (folder / "rows.json").write_text(json.dumps(settings), encoding="utf-8")
    lengths = [len(r["tokens"]) for r in rows]
    groups = len({r["group"] for r in rows})
    print(f"{len(rows)} rows about {groups} databases, {sum(lengths) / len(rows):.0f} tokens on average\n")


def run(side: str, folder: str) -> dict:
    command = [sys.executable, __file__, "--data", "", "--databases", "", "--side", side, "--folder", folder]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{side}: {done.stderr[-2000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def measure(arguments: argparse.Namespace) -> dict:
    warnings.simplefilter("ignore")
    import torch
    from transformers import AutoModelForCausalLM

    from sqlwright.training.prefix import Row

    folder = Path(arguments.folder)
    given = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
    torch.set_num_threads(given["threads"])
    torch.manual_seed(0)
    rows = [Row(r["id"], tuple(r["tokens"]), r["answer_start"], r["group"]) for r in given["rows"]]
    model = AutoModelForCausalLM.from_pretrained(folder / "model", dtype=torch.float32)
    own = arguments.side in ("merged", "merged-32", "plain")
    trainer = ours(model, rows, arguments.side, folder) if own else trl(model, rows, arguments.side, folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    started = time.process_time()
    trainer.train()
    spent = time.process_time() - started
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    return {
        "rows": len(rows),
        "cpu_s": spent,
        "first": losses[0],
        "last": losses[-1],
        "memory_mb": (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        "tokens": trainer.tokens if own else int(trainer.state.num_input_tokens_seen),
    }


def ours(model, rows, side: str, folder: Path):
    from sqlwright.training.arguments import training_arguments
    from sqlwright.training.batches import Batches
    from sqlwright.training.language_model_config import LanguageModelConfig
    from sqlwright.training.trainer import PrefixTrainer
    from sqlwright.training.tree_attention import use_tree_attention

    use_tree_attention(model)
    steps = -(-len(rows) // 32)
    config = LanguageModelConfig(
        stage="sft",
        dataset=("x",),
        output_dir=str(folder / side),
        model_name_or_path="x",
        finetuning_type="full",
        per_device_train_batch_size=32,
        lr_scheduler_type="constant",
        warmup=0.0,
        learning_rate=3e-4,
        save_steps=10**6,
    )
    together = {"merged": 8, "merged-32": 32, "plain": 1}[side]
    batches = Batches(rows, 32, together, steps, 0)
    return PrefixTrainer(model, training_arguments(config, steps), batches, None, None)


def trl(model, rows, side: str, folder: Path):
    """32 rows a step, or as many packs as hold about 32 rows."""
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import SFTConfig, SFTTrainer

    data = Dataset.from_list(
        [
            {
                "input_ids": list(r.tokens),
                "completion_mask": [0] * r.answer_start + [1] * (len(r.tokens) - r.answer_start),
            }
            for r in rows
        ]
    ).shuffle(seed=0)
    packed = side == "trl-packed"
    longest = max(len(r.tokens) for r in rows)
    width = max(1024, longest)
    packs = max(1, round(32 * sum(len(r.tokens) for r in rows) / len(rows) / width))
    config = SFTConfig(
        output_dir=str(folder / side),
        per_device_train_batch_size=1 if packed else 8,
        gradient_accumulation_steps=packs if packed else 4,
        num_train_epochs=1,
        max_length=width,
        packing=packed,
        completion_only_loss=True,
        learning_rate=3e-4,
        lr_scheduler_type="constant",
        bf16=False,
        use_cpu=not has_accelerator(),
        gradient_checkpointing=False,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        include_num_input_tokens_seen="all",
        dataset_num_proc=None,
    )
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    return SFTTrainer(model=model, args=config, train_dataset=data, processing_class=tokenizer)


def has_accelerator() -> bool:
    from sqlwright.generation.hf import best_device

    return best_device() != "cpu"


if __name__ == "__main__":
    main()
