"""A tuned model as files that other programs run, checked before they are called done.

First the merged model has to answer as adapter and base do, then the files as the weights that were written. Where the
number format changes weights, the loss against the source is measured and told; that the files hold exactly those
changed weights is still demanded.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Literal

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from ...core import ConfigError, SqlwrightError, UsageError
from ...generation.hf import HfGenerator
from ...generation.taught import write_taught
from ...prompts.chat import render_chat
from ..whole_folder import refuse_full_disk, whole_folder
from .check_prompts import PROMPTS
from .gguf import Quantize, check_architecture, file_size, needs_llama_cpp, round_weights, write_gguf
from .gguf_tokenizer import NAMED_SPLITS, NamedSplit
from .gguf_vocabulary import split_name
from .llama_cpp import HINT, LlamaCppReader, installed
from .merge import represents
from .ollama import modelfile
from .same_output import Answer, ModelReader, OnAnswer, OutputCheck, ignore
from .source import MAX_ANSWER_TOKENS, ExportSource, demand_equal, demand_same_tokens

Format = Literal["safetensors", "gguf"]
DTYPES: dict[str, torch.dtype] = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}
REPORT, GGUF, MODELFILE = "export.json", "model.gguf", "Modelfile"
PACKAGES = ("sqlwright", "torch", "transformers", "peft", "gguf", "xllamacpp")


@dataclass(frozen=True, slots=True)
class ExportOptions:
    """`quantize` is the number format, by default the one that the base is stored in.

    `base_quantization`, one of hf_loading.QUANTIZATIONS, says that the adapter was trained on the base in 4 bits,
    and `base_dtype` (float32, bfloat16 or float16) from which number format it was quantized, by default the one it is
    stored in. An adapter of `sqlwright train` brings both along.
    `data` and `databases` give the check its `questions`, in place of the demo's. Raises UsageError.
    """

    format: Format = "safetensors"
    quantize: Quantize | None = None
    adapter: str | None = None
    base_quantization: str | None = None
    base_dtype: str | None = None
    template: str | None = None
    device: str | None = None
    data: str | None = None
    databases: Path | None = None
    questions: int = PROMPTS
    overwrite: bool = False
    trust_remote_code: bool = False

    def __post_init__(self) -> None:
        if self.format == "safetensors" and self.quantize not in (None, *DTYPES):
            raise UsageError(
                f"safetensors are not quantized to {self.quantize}.", f"Choose {', '.join(DTYPES)}, or gguf."
            )


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What was written, and how it answers.

    `merged` compares adapter and base side by side with the two merged, `rounded` the source with the weights as the
    number format holds them; each is None where there is nothing to compare. `read_back` has one comparison per
    reader of the files. `no_modelfile` says why a GGUF has no Modelfile.
    """

    out: Path
    format: Format
    quantize: Quantize
    size_bytes: int
    merged: OutputCheck | None
    rounded: OutputCheck | None
    read_back: tuple[OutputCheck, ...]
    no_modelfile: str = ""

    def to_dict(self) -> dict[str, Any]:
        return {
            "out": str(self.out),
            "format": self.format,
            "quantize": self.quantize,
            "size_bytes": self.size_bytes,
            "merged": self.merged.to_dict() if self.merged else None,
            "rounded": self.rounded.to_dict() if self.rounded else None,
            "read_back": [comparison.to_dict() for comparison in self.read_back],
            "no_modelfile": self.no_modelfile,
        }


def export_model(
    spec: str,
    out: Path,
    options: ExportOptions | None = None,
    *,
    on_step: Callable[[str], object] = lambda text: None,
    on_answer: OnAnswer = ignore,
) -> ExportReport:
    """Write the model that `spec` names, with its adapter merged, to the folder `out`, whole or not at all.

    `on_step` is told what is done next, `on_answer` how many of the check's answers are done in each step.

    Raises UsageError and NotFoundError for what cannot be exported so, and SqlwrightError where the disk refuses or
    what was written does not answer as the source.
    """
    options = options or ExportOptions()
    with whole_folder(out, REPORT, overwrite=options.overwrite) as folder:
        on_step(f"loading {spec}")
        source = _load(spec, options, on_answer)
        if out.expanduser().resolve() in source.folders:
            raise UsageError(f"{str(out)!r} holds the model itself.", "Name another folder with -o.")
        quantize = options.quantize or _stored_in(source.stored_dtype)
        if options.format == "gguf":
            _refuse_uncheckable(source.config)
        on_step(f"asking it {len(source.texts)} questions")
        answers = source.answers()
        merged = source.merge(answers)
        on_step(f"writing {options.format} in {quantize}")
        refuse_full_disk(folder, _size(source.model, options.format, quantize))
        write = _write_gguf if options.format == "gguf" else _write_safetensors
        changed, no_modelfile = write(source, folder, quantize)
        rounded, expected = source.rounded(answers) if changed else (None, answers)
        source.forget()
        on_step("reading it back")
        read = _read_gguf if options.format == "gguf" else _read_safetensors
        read_back = tuple(read(source, folder, quantize, expected, answers))
        size = sum(path.stat().st_size for path in folder.iterdir())
        report = ExportReport(out, options.format, quantize, size, merged, rounded, read_back, no_modelfile)
        _note(report, folder, source, options)
    return report


def _load(spec: str, options: ExportOptions, on_answer: OnAnswer) -> ExportSource:
    return ExportSource(
        spec,
        adapter=options.adapter,
        base_quantization=options.base_quantization,
        base_dtype=options.base_dtype,
        template=options.template,
        device=options.device,
        data=options.data,
        databases=options.databases,
        questions=options.questions,
        on_answer=on_answer,
        trust_remote_code=options.trust_remote_code,
    )


def _refuse_uncheckable(config: Any) -> None:
    check_architecture(config)
    if needs_llama_cpp(config) and not installed():
        raise UsageError(f"A GGUF of this {config.model_type} model can only be checked by llama.cpp.", HINT)


def _write_safetensors(source: ExportSource, folder: Path, quantize: Quantize) -> tuple[bool, str]:
    """Leaves the source's weights rounded; whether that changed any."""
    dtype = DTYPES[quantize]
    changed = not represents(source.model, dtype)
    # Buffers such as the frequencies of RoPE are not in the file: whoever reads it computes them in float32.
    buffers = {name: buffer.clone() for name, buffer in source.model.named_buffers()}
    source.model.to(dtype).save_pretrained(folder)
    source.model.float()
    for name, buffer in source.model.named_buffers():
        buffer.copy_(buffers[name])
    source.tokenizer.chat_template = source.template.source
    source.tokenizer.save_pretrained(folder)
    if source.taught:
        write_taught(folder, source.taught)
    return changed, ""


def _write_gguf(source: ExportSource, folder: Path, quantize: Quantize) -> tuple[bool, str]:
    """Leaves the source's weights rounded; whether that changed any, and why there is no Modelfile."""
    name = Path(source.name).name
    write_gguf(source.model, source.tokenizer, source.template, folder / GGUF, name=name, quantize=quantize)
    no_modelfile = ""
    try:
        text = modelfile(source.template, GGUF, source.context_tokens)
        (folder / MODELFILE).write_text(text, encoding="utf-8")
    except ConfigError as error:
        no_modelfile = str(error)
    return round_weights(source.model, quantize), no_modelfile


def _read_safetensors(
    source: ExportSource, folder: Path, quantize: Quantize, expected: Sequence[Answer], answers: Sequence[Answer]
) -> Iterator[OutputCheck]:
    """By the road that -m takes, chat template included."""
    found = HfGenerator(str(folder), device=source.device, dtype="float32")
    for prompt, text in zip(source.prompts, source.texts, strict=True):
        if render_chat(prompt.messages, found.template, add_generation_prompt=True) != text:
            raise SqlwrightError("The written chat template renders another text than the source's.")
    reader = ModelReader(found.model, found.tokenizer)
    yield demand_equal(source.compare_with(expected, reader), "What was written")


def _read_gguf(
    source: ExportSource, folder: Path, quantize: Quantize, expected: Sequence[Answer], answers: Sequence[Answer]
) -> Iterator[OutputCheck]:
    if not needs_llama_cpp(source.config):
        model: Any = AutoModelForCausalLM.from_pretrained(folder, gguf_file=GGUF, dtype=torch.float32)
        model.to(source.device).eval()
        named = split_name(source.tokenizer) in NAMED_SPLITS  # transformers takes every byte-level split for GPT-2's
        words = NamedSplit(folder / GGUF) if named else AutoTokenizer.from_pretrained(folder, gguf_file=GGUF)
        reader = ModelReader(model, words)
        yield demand_equal(source.compare_with(expected, reader), "What was written")
        del model, reader
    if installed():
        context = max(len(answer.row) for answer in answers) + MAX_ANSWER_TOKENS
        cpp = LlamaCppReader(folder / GGUF, context)
        found = demand_same_tokens(source.compare_with(answers, cpp), "llama.cpp")
        cpp.close()
        yield demand_equal(found, "What llama.cpp reads") if quantize == "f32" else found


def _size(model: Any, form: Format, quantize: Quantize) -> int:
    if form == "gguf":
        return file_size(model, quantize)
    return DTYPES[quantize].itemsize * sum(int(p.numel()) for p in model.parameters())


def _stored_in(dtype: torch.dtype) -> Quantize:
    return {torch.float16: "f16", torch.bfloat16: "bf16"}.get(dtype, "f32")  # type: ignore[return-value]


def _note(report: ExportReport, folder: Path, source: ExportSource, options: ExportOptions) -> None:
    versions = {}
    for package in PACKAGES:
        with suppress(metadata.PackageNotFoundError):
            versions[package] = metadata.version(package)
    facts = {
        **report.to_dict(),
        "source": source.name,
        "adapter": source.adapter,
        "base_quantization": source.base_quantization,
        "questions": options.data or "demo",
        "versions": versions,
    }
    (folder / REPORT).write_text(json.dumps(facts, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
