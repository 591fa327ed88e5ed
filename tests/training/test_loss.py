"""Merged rows give the loss and the gradient of a padded batch, in the architectures people tune."""

from __future__ import annotations

import random

import pytest
import torch
import transformers as hf

from sqlwright.training.prefix import tree_attention
from sqlwright.training.prefix.loss import departs, summed_loss, to_batch
from sqlwright.training.prefix.mask import why_not_shared
from sqlwright.training.prefix.tree import TokenRow, lay_out, merge

VOCABULARY = 96
SIZES = {
    "vocab_size": VOCABULARY,
    "hidden_size": 64,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 16,
    "intermediate_size": 96,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
MODELS = {
    "llama": (hf.LlamaConfig, {}),
    "mistral": (hf.MistralConfig, {"sliding_window": None}),
    "mistral-sliding": (hf.MistralConfig, {"sliding_window": 12}),
    "gemma": (hf.GemmaConfig, {}),
    "gemma2": (hf.Gemma2Config, {"sliding_window": 12, "final_logit_softcapping": 5.0}),
    "gemma3": (hf.Gemma3TextConfig, {"sliding_window": 12}),
    "qwen2": (hf.Qwen2Config, {}),
    "qwen3": (hf.Qwen3Config, {}),
}


def tiny(name: str, by_paths: bool = True):
    torch.manual_seed(0)
    kind, more = MODELS[name]
    model = hf.AutoModelForCausalLM.from_config(kind(**SIZES, **more)).eval()
    if by_paths:
        tree_attention.use_tree_attention(model)  # Gemma 2 keeps its own, which caps its scores
    return model


@pytest.fixture(autouse=True)
def _short_chunks(monkeypatch):
    """So that the rows of these tests fall into several."""
    monkeypatch.setattr(tree_attention, "CHUNK", 16)


def rows_of(seed: int, count: int = 9) -> list[TokenRow]:
    """Two schemas of unlike length, questions of all lengths, a dialogue and a repeated row."""
    rng = random.Random(seed)

    def words(low: int, high: int) -> tuple[int, ...]:
        return tuple(rng.randrange(3, VOCABULARY) for _ in range(rng.randint(low, high)))

    schemas = [words(20, 30), words(8, 12)]
    rows = []
    for n in range(count):
        asked = (*schemas[n % 2], *words(3, 9))
        rows.append(TokenRow(str(n), (*asked, *words(2, 7)), len(asked), str(n % 2)))
    followed = (*rows[0].tokens, *words(2, 4))
    return [*rows, TokenRow("turn 1", (*followed, *words(2, 5)), len(followed), "0"), rows[1]]


def merged(rows: list[TokenRow]):
    groups = {r.group: [x for x in rows if x.group == r.group] for r in rows}
    return to_batch(lay_out([merge(g) for g in groups.values()]))


def one_by_one(rows: list[TokenRow]):
    return to_batch(lay_out([merge([r]) for r in rows], alone=True))


def padded(rows: list[TokenRow]) -> dict[str, torch.Tensor]:
    """The batch that transformers' own loss reads."""
    width = max(len(r.tokens) for r in rows)
    pad = [width - len(r.tokens) for r in rows]
    return {
        "input_ids": torch.tensor([[*r.tokens, *[0] * p] for r, p in zip(rows, pad, strict=True)]),
        "attention_mask": torch.tensor([[*[1] * len(r.tokens), *[0] * p] for r, p in zip(rows, pad, strict=True)]),
        "labels": torch.tensor(
            [
                [*[-100] * r.answer_start, *r.tokens[r.answer_start :], *[-100] * p]
                for r, p in zip(rows, pad, strict=True)
            ]
        ),
    }


def gradient(model) -> torch.Tensor:
    found = torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])
    model.zero_grad()
    return found


def relative(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).norm() / b.norm())


def with_lora(model):
    from peft import LoraConfig, get_peft_model

    torch.manual_seed(1)
    wrapped = get_peft_model(
        model, LoraConfig(r=4, target_modules="all-linear", init_lora_weights=False, task_type="CAUSAL_LM")
    )
    return wrapped.eval()


@pytest.mark.parametrize("by_paths", [True, False], ids=["tree", "dense"])
@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("name", MODELS)
def test_loss_and_gradient_equal_those_of_the_padded_batch(name, lora, by_paths):
    model = with_lora(tiny(name, by_paths)) if lora else tiny(name, by_paths)
    rows = rows_of(3)
    trained = sum(len(r.tokens) - r.answer_start for r in rows)

    own = model(**padded(rows)).loss  # transformers' own: the mean over the trained tokens
    own.backward()
    expected = gradient(model)
    loss = summed_loss(model, merged(rows), shared=True, config=model.config) / trained
    loss.backward()
    assert relative(loss.detach(), own.detach()) < 1e-5
    assert relative(gradient(model), expected) < 1e-5
    assert int(merged(rows)["weights"].sum()) == trained


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
def test_activation_checkpointing_changes_nothing(lora):
    model = with_lora(tiny("llama")) if lora else tiny("llama")
    rows = rows_of(4)
    summed_loss(model, merged(rows), shared=True, config=model.config).backward()
    expected = gradient(model)
    model.activation_checkpointing_enable(activation_checkpointing_kwargs={"use_reentrant": False})
    model.train()  # checkpointing only works in training; the tiny models have no dropout
    loss = summed_loss(model, merged(rows), shared=True, config=model.config)
    loss.backward()
    assert relative(gradient(model), expected) < 1e-6


def test_accumulation_over_batches_of_unlike_length_is_the_whole_batch():
    model = tiny("llama")
    rows = rows_of(5, 14)
    trained = sum(len(r.tokens) - r.answer_start for r in rows)
    model(**padded(rows)).loss.backward()
    expected = gradient(model)
    for part in (rows[:2], rows[2:11], rows[11:]):
        (summed_loss(model, merged(part), shared=True, config=model.config) / trained).backward()
    assert relative(gradient(model), expected) < 1e-5


def test_one_branch_cannot_see_another():
    model = tiny("llama")
    rows = [TokenRow("a", (5, 6, 7, 8, 9), 3), TokenRow("b", (5, 6, 20, 21, 22), 3)]
    changed = [rows[0], TokenRow("b", (5, 6, 20, 31, 32), 3)]
    logits = []
    for pair in (rows, changed):
        batch = merged(pair)
        loss = []
        for place in range(len(batch["targets"])):
            one = {**batch, **{k: batch[k][place : place + 1] for k in ("sources", "targets", "weights")}}
            loss.append(summed_loss(model, one, shared=True, config=model.config).item())
        logits.append(loss)
    assert logits[0][:2] == logits[1][:2]
    assert logits[0][2:] != logits[1][2:]


def test_a_model_that_does_not_obey_the_mask_is_found_out():
    rows = rows_of(6)
    obeys = tiny("llama")
    assert departs(obeys, merged(rows), one_by_one(rows), obeys.config) < 1e-5
    alibi = hf.BloomForCausalLM(hf.BloomConfig(vocab_size=VOCABULARY, hidden_size=64, n_layer=2, n_head=4)).eval()
    with torch.no_grad():  # a random model is as unsure of everything, and any mask would give the same
        for weight in alibi.parameters():
            weight.mul_(3)
    assert departs(alibi, merged(rows), one_by_one(rows), alibi.config) > 1e-3


def test_layers_with_a_state_are_named():
    config = tiny("llama").config
    assert why_not_shared(config) == ""
    config.layer_types = ["linear_attention", "full_attention", "full_attention"]
    assert "linear_attention" in why_not_shared(config)
