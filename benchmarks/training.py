"""One epoch of supervised tuning: this trainer against TRL's SFTTrainer, on the same tokens with the same model.

    python benchmarks/training.py --data spider/train_spider.json --databases spider/database --rows 256
    python benchmarks/training.py ... --shape llama-2-7b --method qlora --checkpointing      # on a GPU

A Llama of random weights is tuned: in full and float32 on a CPU, else as `--method` says, in bfloat16 on a GPU. Every
side runs in a process of its own, one after the other. On a CPU the training loop is measured in CPU seconds, so that
other work on the machine matters less, and memory is the process's peak less what it held before; on a GPU in seconds,
and memory is what torch had allocated at most. `--db-id NAME` takes the questions of one database; `--pad-schema N`
repeats the schema's own text until prompts have N tokens, as those of a larger database would.
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
    "merged-32-dense": "the same, dense mask",
    "merged-32-flex": "the same, FlexAttention",
    "plain": "one by one, padded",
    "trl-packed": "TRL, packed (bfd)",
    "trl-padded": "TRL, padded",
}
SHAPES = {
    "llama-2-7b": {
        "vocab_size": 32000,
        "hidden_size": 4096,
        "intermediate_size": 11008,
        "num_hidden_layers": 32,
        "num_attention_heads": 32,
        "num_key_value_heads": 32,
    },
}
STEP_ROWS = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--databases", required=True)
    parser.add_argument("--rows", type=int, default=256)
    parser.add_argument("--db-id")
    parser.add_argument("--pad-schema", type=int, default=0)
    parser.add_argument("--hidden", type=int, default=256)
    parser.add_argument("--layers", type=int, default=4)
    parser.add_argument("--shape", choices=SHAPES, help="instead of --hidden and --layers")
    parser.add_argument("--method", choices=("full", "lora", "qlora"), default="full")
    parser.add_argument("--checkpointing", action="store_true", help="activations are computed again, on all sides")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--only", nargs="+", choices=SIDES)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.side:
        print(json.dumps(measure(arguments)))
        return
    on_cpu = best_device() == "cpu"
    print(f"{machine(arguments.threads)}\n{' '.join(sys.argv)}")
    sides = arguments.only or [side for side in SIDES if not (on_cpu and side == "merged-32-flex")]
    rate, unit = ("rows/CPU-s", "CPU s") if on_cpu else ("    rows/s", "    s")
    print(f"{'':26} {rate}  {unit}  steps  loss 1st  last quarter  memory MB  tokens computed")
    with tempfile.TemporaryDirectory() as folder:
        prepare(arguments, Path(folder))
        for side in sides:
            row = run(side, folder)
            speed = f"{row['rows'] / row['seconds']:10.2f} {row['seconds']:6.0f}"
            losses = f"{row['steps']:6} {row['first']:9.4f} {row['last']:13.4f}"
            print(f"{SIDES[side]:26} {speed} {losses} {row['memory_mb']:10.0f} {row['tokens']:16,}", flush=True)


def machine(threads: int) -> str:
    """What it runs on; of a GPU the rate that its matrix products reach, which is the limit of all sides."""
    import torch

    if not torch.cuda.is_available():
        return f"{platform.machine()}, {threads} threads, Python {platform.python_version()}, torch {torch.__version__}"
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    for _ in range(3):
        a @ a
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(20):
        a @ a
    torch.cuda.synchronize()
    rate = 20 * 2 * 8192**3 / (time.perf_counter() - started) / 1e12
    return (
        f"{torch.cuda.get_device_name()}, torch {torch.__version__}, {rate:.0f} TFLOP/s in bfloat16 products of 8,192"
    )


def prepare(arguments: argparse.Namespace, folder: Path) -> None:
    """Model and rows, made once: all sides read the same."""
    import torch

    from sqlwright.data import Contexts, DatabaseFolder, PromptOptions, read_examples
    from sqlwright.training.data.tokenize import Tokenizing, tokenize
    from sqlwright.training.tiny import new_model, new_tokenizer

    examples = [e for e in read_examples(arguments.data) if arguments.db_id in (None, e.db_id)][: arguments.rows]
    contexts = Contexts(DatabaseFolder(arguments.databases), None, PromptOptions(samples=0, hints=False))
    texts = [m.content for e in examples[:: max(1, len(examples) // 200)] for m in contexts.prompt(e).messages]
    tokenizer, template = new_tokenizer([*texts, *(e.question + e.gold_sql for e in examples)], 4096)
    toy = {
        "hidden_size": arguments.hidden,
        "intermediate_size": 11 * arguments.hidden // 4,
        "num_hidden_layers": arguments.layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
    }
    sizes = {**(SHAPES[arguments.shape] if arguments.shape else toy), "max_position_embeddings": 8192}
    with torch.device(best_device()):
        model = new_model(tokenizer, sizes, 0)
    model.to(torch.float32 if best_device() == "cpu" else torch.bfloat16).save_pretrained(folder / "model")
    del model
    tokenizer.save_pretrained(folder / "model")
    how = Tokenizing(tokenizer, template, 8192, "leave_out")
    rows = []
    more: tuple[int, ...] = ()
    for row in tokenize(examples, contexts, how).rows:
        if arguments.pad_schema and not more:
            filler = row.tokens[20:60]  # of the schema
            missing = max(0, arguments.pad_schema - row.answer_start)
            more = (filler * (missing // len(filler) + 1))[:missing]
        tokens = (*row.tokens[:20], *more, *row.tokens[20:])
        rows.append({"id": row.id, "tokens": tokens, "answer_start": row.answer_start + len(more), "group": row.group})
    settings = {"rows": rows, **{k: getattr(arguments, k) for k in ("threads", "method", "checkpointing")}}
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

    from sqlwright.training.loading import load_model
    from sqlwright.training.prefix.tree import TokenRow

    folder = Path(arguments.folder)
    given = json.loads((folder / "rows.json").read_text(encoding="utf-8"))
    torch.set_num_threads(given["threads"])
    torch.manual_seed(0)
    rows = [TokenRow(r["id"], tuple(r["tokens"]), r["answer_start"], r["group"]) for r in given["rows"]]
    config = config_of(given, folder, arguments.side)
    model = load_model(config).to(best_device())
    own = arguments.side.startswith(("merged", "plain"))
    trainer = ours(model, rows, config, arguments.side) if own else trl(model, rows, config, arguments.side, folder)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    on_gpu = torch.cuda.is_available()
    clock = time.perf_counter if on_gpu else time.process_time
    started = clock()
    trainer.train()
    if on_gpu:
        torch.cuda.synchronize()
    spent = clock() - started
    peak = torch.cuda.max_memory_allocated() / 1e6 if on_gpu else 0.0
    losses = [row["loss"] for row in trainer.state.log_history if "loss" in row]
    last = losses[-max(1, len(losses) // 4) :]
    return {
        "rows": len(rows),
        "seconds": spent,
        "first": losses[0],
        "last": sum(last) / len(last),
        "steps": len(losses),
        "memory_mb": peak or (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024,
        "tokens": trainer.tokens if own else int(trainer.state.num_input_tokens_seen),
    }


def config_of(given: dict, folder: Path, side: str):
    from sqlwright.training.stages.sft import Config

    return Config(
        stage="sft",
        dataset=("x",),
        output_dir=str(folder / side),
        model_name_or_path=str(folder / "model"),
        finetuning_type=given["method"],
        gradient_checkpointing=given["checkpointing"],
        attention={"merged-32-flex": "flex_attention", "merged-32-dense": "sdpa"}.get(side, "auto"),
        per_device_train_batch_size=STEP_ROWS,
        lr_scheduler_type="constant",
        warmup=0.0,
        learning_rate=3e-4,
        save_steps=10**6,
    )


def ours(model, rows, config, side: str):
    from sqlwright.training.arguments import training_arguments
    from sqlwright.training.data.batches import Batches
    from sqlwright.training.prefix.tree_attention import use_tree_attention
    from sqlwright.training.trainer import PrefixTrainer

    if config.attention == "auto":
        use_tree_attention(model)
    steps = -(-len(rows) // STEP_ROWS)
    together = {"merged": 8, "plain": 1}.get(side, 32)
    batches = Batches(rows, STEP_ROWS, together, steps, 0)
    return PrefixTrainer(model, training_arguments(config, steps), batches, None, None)


def trl(model, rows, config, side: str, folder: Path):
    """STEP_ROWS rows a step, or as many packs as hold about as many."""
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
    packs = max(1, round(STEP_ROWS * sum(len(r.tokens) for r in rows) / len(rows) / width))
    on_cpu = best_device() == "cpu"
    settings = SFTConfig(
        output_dir=str(folder / side),
        per_device_train_batch_size=1 if packed else 8,
        gradient_accumulation_steps=packs if packed else STEP_ROWS // 8,
        num_train_epochs=1,
        max_length=width,
        packing=packed,
        completion_only_loss=True,
        learning_rate=3e-4,
        lr_scheduler_type="constant",
        bf16=not on_cpu,
        use_cpu=on_cpu,
        gradient_checkpointing=config.gradient_checkpointing,
        logging_steps=1,
        save_strategy="no",
        report_to="none",
        disable_tqdm=True,
        include_num_input_tokens_seen="all",
        dataset_num_proc=None,
    )
    tokenizer = AutoTokenizer.from_pretrained(folder / "model")
    return SFTTrainer(model=model, args=settings, train_dataset=data, processing_class=tokenizer)


def best_device() -> str:
    from sqlwright.generation import hf_loading

    return hf_loading.best_device()


if __name__ == "__main__":
    main()
