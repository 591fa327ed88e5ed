"""The learning step of DPO and GRPO: trees against TRL's trainers, on the same rows with the same model.

    python benchmarks/rl.py --data spider/train_spider.json --databases spider/database [--databases-count 4]

A Llama of random weights with LoRA in float32. For each of `--databases-count` databases, `--questions` questions
have a pair (DPO), or a group of eight answers (GRPO): gold queries, of the question and of others. Measured are the
loss and its gradient over all rows, in CPU seconds, without sampling, optimizer and reference (which is 0), and the
memory of the process beyond what it held before. TRL computes `--batch` rows at once. Each side runs in a process of
its own. The losses of the three ways have to be equal: if they are not, the script ends with an error.

`--model` is a folder with config.json and a tokenizer that has a chat template; its weights are not read.
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
from importlib import metadata
from pathlib import Path

from preference import rows_of

GROUP = 8
PACKAGES = ("torch", "transformers", "peft", "trl")
SIDES = ("dpo", "dpo-plain", "dpo-trl", "grpo", "grpo-plain", "grpo-trl")
NAMES = {"": "merged", "plain": "one by one, padded", "trl": "TRL"}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--databases", required=True)
    parser.add_argument("--model", default="smollm2", help="whose tokenizer is used")
    parser.add_argument("--databases-count", dest="count", type=int, default=2)
    parser.add_argument("--questions", type=int, default=8, help="of a database, all on one tree")
    parser.add_argument("--batch", type=int, default=16, help="rows at once, for the others")
    parser.add_argument("--hidden", type=int, default=128)
    parser.add_argument("--layers", type=int, default=2)
    parser.add_argument("--style", default="names")
    parser.add_argument("--plain", action="store_true", default=True, help=argparse.SUPPRESS)
    parser.add_argument("--side", choices=SIDES, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.side:
        print(json.dumps(measure(given)))
        return
    print(platform.platform(), f"Python {platform.python_version()}", " ".join(sys.argv), sep="\n")
    print(*(f"{name} {metadata.version(name)}" for name in PACKAGES), processor(), sep=", ")
    print(f"{'':28}{'rows':>6}{'rows/CPU-s':>12}{'memory MB':>11}{'loss':>10}")
    losses: dict[str, float] = {}
    for side in SIDES:
        done = subprocess.run([sys.executable, *sys.argv, "--side", side], capture_output=True, text=True, check=False)
        if done.returncode:
            sys.exit(f"{side}: {done.stderr[-2000:]}")
        row = json.loads(done.stdout.splitlines()[-1])
        kind, _, way = side.partition("-")
        if abs(row["loss"] - losses.setdefault(kind, row["loss"])) > 1e-4 * abs(row["loss"]):
            sys.exit(f"{side}: the loss is {row['loss']}, that of merged rows {losses[kind]}")
        speed = row["rows"] / row["seconds"]
        print(f"{kind + ', ' + NAMES[way]:28}{row['rows']:>6}{speed:>12.2f}{row['memory']:>11.0f}{row['loss']:>10.4f}")


def processor() -> str:
    """Its name, where Linux tells it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(": ")[2] for line in lines if line.startswith("model name")), platform.processor())


def measure(given: argparse.Namespace) -> dict:
    warnings.simplefilter("ignore")
    import torch

    torch.set_num_threads(1)
    kind, _, way = given.side.partition("-")
    answers = 2 if kind == "dpo" else GROUP
    databases = [[row for group in groups for row in group[:answers]] for groups in rows_of(given).values()]
    rows = [row for database in databases for row in database]
    values = [1.0 if i % answers == 0 else -1.0 / (answers - 1) for i in range(len(rows))]
    with tempfile.TemporaryDirectory() as folder:
        model = llama(given, max(max(r.tokens) for r in rows) + 1)
        if way == "trl":
            losses = trl(kind, model, rows, values, given, folder)
        else:
            losses = ours(kind, model, databases, values, given.batch if way else 0)
        next(losses)  # what is made once
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        started = time.process_time()
        total = sum(losses)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    return {"rows": len(rows), "seconds": time.process_time() - started, "loss": total, "memory": used / 1024}


def llama(given: argparse.Namespace, vocabulary: int):
    import torch
    from peft import LoraConfig, get_peft_model
    from transformers import LlamaConfig, LlamaForCausalLM

    torch.manual_seed(0)
    config = LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=given.hidden,
        intermediate_size=11 * given.hidden // 4,
        num_hidden_layers=given.layers,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=8192,
    )
    return get_peft_model(LlamaForCausalLM(config), LoraConfig(r=8, target_modules="all-linear", task_type="CAUSAL_LM"))


def ours(kind, model, databases, values, batch: int):
    """The loss of each batch, its gradient computed; with `batch`, that many rows one by one."""
    import torch

    from sqlwright.training.fused_lora import fuse_lora
    from sqlwright.training.grpo import Grpo
    from sqlwright.training.preference import Dpo
    from sqlwright.training.prefix.loss import to_batch
    from sqlwright.training.prefix.tree import lay_out, merge
    from sqlwright.training.prefix.tree_attention import use_tree_attention

    fuse_lora(model)
    if not batch:
        use_tree_attention(model)
    rows = [row for database in databases for row in database]
    pieces = [rows[i : i + batch] for i in range(0, len(rows), batch)] if batch else databases
    own = Dpo(0.1) if kind == "dpo" else Grpo()
    tokens = sum(len(r.tokens) - r.answer_start for r in rows)
    yield 0.0
    place = 0
    for piece in pieces:
        trees = [merge([row]) for row in piece] if batch else [merge(piece)]
        made = to_batch(lay_out(trees, alone=bool(batch), per_row=True))
        made["reference"] = torch.zeros(len(piece))
        if kind == "grpo":
            del made["reference"]
            made["advantages"] = torch.tensor(values[place : place + len(piece)])
        place += len(piece)
        terms = own.sums(model, made, shared=not batch, config=model.config).terms
        loss = terms[0] / (len(rows) // 2 if kind == "dpo" else tokens)
        loss.backward()
        yield float(loss.detach())


def trl(kind, model, rows, values, given: argparse.Namespace, folder: str):
    import torch
    from datasets import Dataset
    from transformers import AutoTokenizer
    from trl import DPOConfig, DPOTrainer, GRPOConfig, GRPOTrainer

    from sqlwright.generation.find import find_model

    tokenizer, batch = AutoTokenizer.from_pretrained(find_model(given.model)), given.batch
    tokenizer.pad_token = tokenizer.pad_token or tokenizer.eos_token
    settings = {"use_cpu": True, "bf16": False, "gradient_checkpointing": False, "report_to": "none"}
    settings |= {"output_dir": folder, "per_device_train_batch_size": 2, "disable_tqdm": True}
    if kind == "dpo":
        texts = {"prompt": ["How many?"], "chosen": ["SELECT 1"], "rejected": ["SELECT 2"]}
        trainer = DPOTrainer(
            model=model,
            args=DPOConfig(beta=0.1, precompute_ref_log_probs=True, **settings),
            train_dataset=Dataset.from_dict(texts),
            processing_class=tokenizer,
        )
    else:
        trainer = GRPOTrainer(
            model=model,
            reward_funcs=lambda completions, **kwargs: [0.0] * len(completions),
            args=GRPOConfig(beta=0.0, num_generations=2, loss_type="dapo", **settings),
            train_dataset=Dataset.from_dict({"prompt": ["How many?", "Which?"]}),
            processing_class=tokenizer,
        )
    model.train()
    trainer.current_gradient_accumulation_steps = 1  # which its own loop would set
    tokens = sum(len(r.tokens) - r.answer_start for r in rows)
    yield 0.0
    for start in range(0, len(rows), batch):
        piece = rows[start : start + batch]
        if kind == "dpo":
            pairs = len(piece) // 2
            inputs = padded([*piece[0::2], *piece[1::2]])
            inputs |= {"ref_chosen_logps": torch.zeros(pairs), "ref_rejected_logps": torch.zeros(pairs)}
            loss = trainer._compute_loss(model, inputs, return_outputs=False) * pairs / (len(rows) // 2)
        else:
            inputs = asked(piece, torch.tensor(values[start : start + len(piece)]), tokens)
            loss = trainer._compute_loss(model, inputs)
        loss.backward()
        yield float(loss.detach())


def padded(rows) -> dict:
    import torch

    width = max(len(r.tokens) for r in rows)
    pads = [[0] * (width - len(r.tokens)) for r in rows]
    both = list(zip(rows, pads, strict=True))
    return {
        "input_ids": torch.tensor([[*r.tokens, *p] for r, p in both]),
        "attention_mask": torch.tensor([[1] * len(r.tokens) + p for r, p in both]),
        "completion_mask": torch.tensor(
            [[0] * r.answer_start + [1] * (len(r.tokens) - r.answer_start) + p for r, p in both]
        ),
    }


def asked(rows, values, tokens: int) -> dict:
    """Prompts padded on the left, answers on the right."""
    import torch

    before = max(r.answer_start for r in rows)
    answers = [r.tokens[r.answer_start :] for r in rows]
    width = max(map(len, answers))
    return {
        "prompt_ids": torch.tensor([[*[0] * (before - r.answer_start), *r.tokens[: r.answer_start]] for r in rows]),
        "prompt_mask": torch.tensor([[0] * (before - r.answer_start) + [1] * r.answer_start for r in rows]),
        "completion_ids": torch.tensor([[*a, *[0] * (width - len(a))] for a in answers]),
        "completion_mask": torch.tensor([[1] * len(a) + [0] * (width - len(a)) for a in answers]),
        "advantages": values,
        "num_items_in_batch": torch.tensor(tokens),
    }


if __name__ == "__main__":
    main()
