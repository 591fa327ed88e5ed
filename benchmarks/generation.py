"""Questions about one database through the transformers backend, beside plain `generate`.

    python benchmarks/generation.py
    python benchmarks/generation.py --shape llama-2-7b --device cuda

Random weights in the shape of a model and a generated schema of about `--schema-tokens` tokens: what is measured is
time and memory, not answers. "plain" is transformers' own `generate`, one question at a time, as a script would call
it. "kept schema" starts from the keys and values of the schema that the question before left. "constrained" holds each
answer to the schema's grammar. An answer has up to `--new-tokens` tokens; where it ends earlier the count says so. On
a CPU the seconds are the process's own, so other work on the machine matters less.
"""

from __future__ import annotations

import argparse
import platform
import resource
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
import transformers
from transformers import LlamaConfig, LlamaForCausalLM

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.models import save_llama

from sqlwright.core import Column, Schema, Table
from sqlwright.generation import Sampling
from sqlwright.generation.constrain import Grammars, Names
from sqlwright.generation.hf import HfGenerator
from sqlwright.prompts import build_prompt

SHAPES = {
    "tiny": {"hidden": 384, "layers": 8, "heads": 6, "inner": 1536, "vocabulary": 8192},
    "llama-2-7b": {"hidden": 4096, "layers": 32, "heads": 32, "inner": 11008, "vocabulary": 32000},
}
NOUNS = "customer product order item store price amount status region city country supplier stock payment".split()
CONTEXT = 16_384


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--shape", choices=SHAPES, default="tiny")
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--dtype", default=None, help="float32 on a CPU, bfloat16 elsewhere")
    parser.add_argument("--schema-tokens", type=int, default=2000)
    parser.add_argument("--questions", type=int, default=6)
    parser.add_argument("--new-tokens", type=int, default=48)
    parser.add_argument("--threads", type=int, default=1)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    transformers.utils.logging.disable_progress_bar()
    transformers.utils.logging.set_verbosity_error()
    dtype = given.dtype or ("float32" if given.device == "cpu" else "bfloat16")
    with tempfile.TemporaryDirectory() as folder:
        save_shape(Path(folder), SHAPES[given.shape], dtype)
        plain = HfGenerator(folder, device=given.device, dtype=dtype, share_prefix=False)
        schema = schema_of(given.schema_tokens, plain)
        prompts = [build_prompt(f"How many {NOUNS[i % len(NOUNS)]} rows are there?", schema) for i in range(99)]
        prompts = prompts[: given.questions + 1]  # the first warms up
        print_machine(given, dtype, plain, schema, prompts)
        print(f"{'':26}{'tokens/s':>10}{'first token, ms':>17}{'a question, s':>15}{'tokens':>8}{'peak MB':>9}")
        for name, ask in ways(folder, plain, given, dtype).items():
            print_row(name, ask, prompts, given)
    print_grammar(plain, schema)


def save_shape(folder: Path, shape: dict, dtype: str) -> None:
    """The tokenizer of the tests' models, and random weights without the minutes that a careful start would take."""
    small = {**shape, "hidden": 64, "layers": 1, "heads": 4, "inner": 64}
    save_llama(folder, **(shape if shape["hidden"] < 1000 else small), context=CONTEXT)
    if shape["hidden"] < 1000:
        return
    config = LlamaConfig(
        hidden_size=shape["hidden"],
        num_hidden_layers=shape["layers"],
        num_attention_heads=shape["heads"],
        intermediate_size=shape["inner"],
        vocab_size=shape["vocabulary"],
        max_position_embeddings=CONTEXT,
        bos_token_id=None,
        eos_token_id=2,
        pad_token_id=0,
    )
    device = "cuda" if torch.cuda.is_available() else "cpu"
    with torch.device(device):
        torch.set_default_dtype(getattr(torch, dtype))
        LlamaForCausalLM(config).save_pretrained(folder)
        torch.set_default_dtype(torch.float32)


def schema_of(tokens: int, model: HfGenerator) -> Schema:
    """Tables of eight columns until the prompt has `tokens` tokens."""
    tables: list[Table] = []
    while True:
        i = len(tables)
        columns = [Column(f"{NOUNS[(i + j) % len(NOUNS)]}_{NOUNS[(i * j) % len(NOUNS)]}", "TEXT") for j in range(1, 8)]
        tables.append(Table(f"{NOUNS[i % len(NOUNS)]}_{i}", (Column("id", "INTEGER"), *dict.fromkeys(columns))))
        schema = Schema("bench", "sqlite", tuple(tables))
        if len(model.encode(build_prompt("How many?", schema))) >= tokens:
            return schema


def ways(folder: str, plain: HfGenerator, given, dtype: str) -> dict:
    """Each way to answer one prompt: a function of prompt and number of tokens."""
    shared = {"device": given.device, "dtype": dtype}

    def through(model: HfGenerator):
        return lambda prompt, new: model.generate([prompt], Sampling(max_new_tokens=new))[0][0].tokens

    def stock(prompt, new: int) -> int:
        ids = torch.tensor([plain.encode(prompt)], device=plain.model.device)
        out = plain.model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), max_new_tokens=new, do_sample=False
        )
        return out.shape[1] - ids.shape[1]

    return {
        "plain generate": stock,
        "kept schema": through(HfGenerator(folder, **shared)),
        "constrained": through(HfGenerator(folder, **shared, share_prefix=False, constrain=True)),
        "kept schema, constrained": through(HfGenerator(folder, **shared, constrain=True)),
    }


def print_row(name: str, ask, prompts, given) -> None:
    ask(prompts[0], given.new_tokens)
    if given.device.startswith("cuda"):
        torch.cuda.reset_peak_memory_stats()
    first = [seconds(ask, prompt, 1)[0] for prompt in prompts[1:]]
    ask(prompts[0], 1)
    whole = [seconds(ask, prompt, given.new_tokens) for prompt in prompts[1:]]
    spent, tokens = sum(s for s, _ in whole), sum(n for _, n in whole)
    print(
        f"{name:26}{tokens / spent:10.1f}{1000 * median(first):17.1f}{spent / len(whole):15.2f}{tokens:8}"
        f"{peak_mb(given.device):9.0f}"
    )


def seconds(ask, prompt, new: int) -> tuple[float, int]:
    """Wall seconds with a GPU, CPU seconds without."""
    clock = time.perf_counter if torch.cuda.is_available() else time.process_time
    started = clock()
    tokens = ask(prompt, new)
    return clock() - started, tokens


def peak_mb(device: str) -> float:
    """Of the device where it is a GPU; else of the process so far, which only grows from row to row."""
    if device.startswith("cuda"):
        return torch.cuda.max_memory_allocated() / 2**20
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def print_grammar(model: HfGenerator, schema: Schema) -> None:
    """What a grammar costs before its first mask, and a mask, for this schema and for large ones."""
    print(f"\n{'tables':>8}{'columns':>9}{'grammar, ms':>13}{'copy, ms':>10}{'mask, ms: median':>18}{'most':>8}")
    for tables in (len(schema), 10, 100, 1000):
        wide = schema if tables == len(schema) else wide_schema(tables)
        grammars = Grammars(model.tokenizer, model.model.config.vocab_size, model._end_ids)
        started = time.process_time()
        grammars.matcher(wide, Names())
        compiled = time.process_time() - started
        started = time.process_time()
        matcher = grammars.matcher(wide, Names())
        copied = time.process_time() - started
        table = wide.tables[-1]
        names = [c.name for c in table.columns]
        sql = (
            f"SELECT {names[0]}, T1.{names[1]}, {table.name}.{names[2]} FROM {table.name} AS T1 WHERE {names[3]} = 'x'"
        )
        masks = []
        for token in model.tokenizer.encode(sql, add_special_tokens=False):
            started = time.perf_counter()
            matcher.compute_bitmask()
            masks.append(1000 * (time.perf_counter() - started))
            assert matcher.consume_token(token), matcher.get_error()
        count = sum(len(t.columns) for t in wide)
        numbers = f"{1000 * compiled:13.0f}{1000 * copied:10.1f}{median(masks):18.3f}{max(masks):8.2f}"
        print(f"{len(wide):8}{count:9}{numbers}")


def wide_schema(tables: int) -> Schema:
    def columns(i: int) -> tuple[Column, ...]:
        return tuple(Column(f"{NOUNS[(i + j) % len(NOUNS)]}_{NOUNS[(i * j) % len(NOUNS)]}_{j}") for j in range(12))

    return Schema("wide", "sqlite", tuple(Table(f"{NOUNS[i % len(NOUNS)]}_{i}", columns(i)) for i in range(tables)))


def print_machine(given, dtype: str, model: HfGenerator, schema: Schema, prompts) -> None:
    import llguidance

    where = torch.cuda.get_device_name() if given.device.startswith("cuda") else f"{given.threads} thread(s)"
    parameters = sum(p.numel() for p in model.model.parameters()) / 1e6
    print(f"{platform.processor() or platform.machine()}, {where}, Python {platform.python_version()}")
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, ", end="")
    print(f"llguidance {getattr(llguidance, '__version__', '')}: {' '.join(sys.argv)}")
    length = len(model.encode(prompts[0]))
    print(f"{parameters:.0f} M parameters, {dtype}; {len(schema)} tables, prompts of {length} tokens\n")


if __name__ == "__main__":
    main()
