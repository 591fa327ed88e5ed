"""The transformers backend with tiny real models on the CPU."""

from __future__ import annotations

import json
import logging
import shutil

import pytest
import torch
from transformers import AutoTokenizer, LlamaConfig, MistralConfig

from sqlwright.core import ConfigError, GenerationError, NotFoundError, UsageError
from sqlwright.generation import Sampling, SomeFailedError, load_generator
from sqlwright.generation.hf import HfGenerator, alike, can_share_prefix, common_prefix
from sqlwright.generation.hf_loading import base_of, best_dtype
from tests.models import CHAT_TEMPLATE, save_llama

GREEDY = Sampling(max_new_tokens=16)


@pytest.fixture(scope="module")
def shared(llama):
    return HfGenerator(str(llama), dtype="float32")


@pytest.fixture(scope="module")
def plain(llama):
    return HfGenerator(str(llama), dtype="float32", share_prefix=False)


def texts(answers):
    return [[c.text for c in row] for row in answers]


def test_a_batch_gives_what_each_prompt_gives_alone(plain, prompts):
    assert plain.generate(prompts, GREEDY) == [plain.generate([p], GREEDY)[0] for p in prompts]


@pytest.mark.parametrize(
    "sampling",
    [GREEDY, Sampling(n=3, max_new_tokens=10), Sampling(n=2, temperature=1.0, seed=4, max_new_tokens=10)],
    ids=["greedy", "beams", "samples"],
)
def test_a_shared_prefix_changes_nothing(shared, plain, prompts, sampling):
    assert shared._prefix is not None
    assert shared.generate(prompts, sampling) == plain.generate(prompts, sampling)


@pytest.mark.parametrize("order", [(0, 1, 2, 3, 4), (3, 1, 4, 0, 2)])
def test_a_kept_prefix_changes_nothing_whatever_was_asked_before(shared, plain, prompts, order):
    expected = plain.generate(prompts, GREEDY)
    assert [shared.generate([prompts[i]], GREEDY)[0] for i in order] == [expected[i] for i in order]


def test_a_kept_prefix_is_computed_once(shared, prompts, monkeypatch):
    shared.generate(prompts[:1], GREEDY)
    forwarded = []
    forward = shared.model.forward

    def spy(*args, **kwargs):
        forwarded.append(kwargs["input_ids"].shape[1])
        return forward(*args, **kwargs)

    monkeypatch.setattr(shared.model, "forward", spy)
    shared.generate(prompts[1:2], GREEDY)
    assert max(forwarded) < len(shared.encode(prompts[1])) / 2


def test_prompts_without_a_common_prefix_are_computed_whole(shared, plain, prompts):
    from dataclasses import replace

    from sqlwright.core import Message

    other = replace(prompts[0], messages=(Message("user", "something else"),))
    assert shared.generate([other, prompts[0]], GREEDY) == plain.generate([other, prompts[0]], GREEDY)


def test_an_adapter_folder_brings_its_base(llama, lora, prompts, plain):
    tuned = load_generator(str(lora), dtype="float32")
    also = load_generator(str(llama), adapter=str(lora), dtype="float32")
    assert texts(tuned.generate(prompts, GREEDY)) == texts(also.generate(prompts, GREEDY))
    assert texts(tuned.generate(prompts, GREEDY)) != texts(plain.generate(prompts, GREEDY))


def test_an_adapter_without_its_base_says_so(lora, tmp_path):
    shutil.copytree(lora, tmp_path / "lora")
    config = tmp_path / "lora/adapter_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "base_model_name_or_path": ""}))
    with pytest.raises(NotFoundError, match="names no base model"):
        load_generator(str(tmp_path / "lora"))


def test_an_adapter_of_another_shape_is_one_sentence(lora, tmp_path):
    other = save_llama(tmp_path / "other", hidden=128)
    with pytest.raises(GenerationError, match="does not fit its base"):
        load_generator(str(other), adapter=str(lora))


def test_the_prompt_is_what_the_tokenizers_own_template_gives(plain, llama, prompts):
    messages = [m.to_dict() for m in prompts[0].messages]
    own = AutoTokenizer.from_pretrained(llama).apply_chat_template(messages, add_generation_prompt=True)
    assert plain.encode(prompts[0]) == (own if isinstance(own, list) else own["input_ids"])


def test_a_template_that_writes_bos_gets_no_second_one_from_the_tokenizer(llama, prompts, tmp_path):
    from tokenizers.processors import TemplateProcessing

    shutil.copytree(llama, tmp_path / "m")
    tokenizer = AutoTokenizer.from_pretrained(llama)
    tokenizer.bos_token = "<|endoftext|>"
    tokenizer.chat_template = "{{ bos_token }}" + CHAT_TEMPLATE
    tokenizer.backend_tokenizer.post_processor = TemplateProcessing(
        single="<|endoftext|> $A", special_tokens=[("<|endoftext|>", 0)]
    )
    tokenizer.save_pretrained(tmp_path / "m")
    generator = load_generator(str(tmp_path / "m"))
    assert generator.tokenizer("x")["input_ids"][0] == 0
    assert generator.encode(prompts[0]).count(0) == 1
    assert generator.encode(prompts[0])[0] == 0


def test_a_named_template_wins_and_a_missing_one_is_an_error(tmp_path, prompts):
    folder = save_llama(tmp_path / "bare", template=None)
    with pytest.raises(ConfigError, match="template"):
        load_generator(str(folder))
    named = load_generator(str(folder), template="alpaca", dtype="float32")
    assert "### Instruction:" in named.tokenizer.decode(named.encode(prompts[0]))
    assert "### Instruction:" in named._stop_texts


def test_generation_ends_at_every_end_of_turn_token(llama, prompts, tmp_path):
    shutil.copytree(llama, tmp_path / "m")
    config = tmp_path / "m/generation_config.json"
    config.write_text(json.dumps({**json.loads(config.read_text()), "eos_token_id": [0, 7]}))
    generator = load_generator(str(tmp_path / "m"))
    assert {0, 2, 7} <= set(generator._stop_ids)


def test_a_models_own_sampling_defaults_do_not_leak_in(llama, prompts, tmp_path, plain):
    shutil.copytree(llama, tmp_path / "m")
    config = tmp_path / "m/generation_config.json"
    settings = {"do_sample": True, "temperature": 0.6, "repetition_penalty": 1.5}
    config.write_text(json.dumps({**json.loads(config.read_text()), **settings}))
    generator = load_generator(str(tmp_path / "m"), dtype="float32")
    assert generator.generate(prompts, GREEDY) == plain.generate(prompts, GREEDY)


def test_a_stop_text_cuts_the_answer(plain, prompts):
    whole = plain.generate(prompts[:1], GREEDY)[0][0].text
    word = whole[4:7]
    cut = plain.generate(prompts[:1], Sampling(max_new_tokens=16, stop=(word,)))[0][0]
    assert cut.text == whole[: whole.index(word)]
    assert cut.finish_reason == "stop"


def test_the_length_limit_is_told(plain, prompts):
    answer = plain.generate(prompts[:1], Sampling(max_new_tokens=3))[0][0]
    assert (answer.tokens, answer.finish_reason) == (3, "length")


def test_a_seed_repeats_samples_and_another_changes_them(plain, prompts):
    def ask(seed):
        sampling = Sampling(temperature=1.0, top_k=50, top_p=0.95, seed=seed, n=2, max_new_tokens=12)
        return plain.generate(prompts, sampling)

    assert ask(1) == ask(1)
    assert ask(1) != ask(2)


def test_a_stream_brings_the_same_text(shared, prompts):
    whole = shared.generate(prompts[:1], GREEDY)[0][0].text
    pieces = list(shared.stream(prompts[0], GREEDY))
    assert "".join(pieces) == whole


def test_two_threads_may_ask_at_once(shared, plain, prompts):
    from concurrent.futures import ThreadPoolExecutor

    expected = plain.generate(prompts, GREEDY)
    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(lambda p: shared.generate([p], GREEDY)[0], prompts))
    assert answers == expected


def test_a_reader_may_leave_a_stream(shared, prompts):
    stream = shared.stream(prompts[0], Sampling(max_new_tokens=1500))
    next(stream)
    stream.close()
    assert shared.generate(prompts[:1], GREEDY)


def test_a_prompt_beyond_the_context_fails_alone(llama, prompts, plain):
    longest = max(range(len(prompts)), key=lambda i: len(plain.encode(prompts[i])))
    limit = len(plain.encode(prompts[longest])) + 15
    generator = HfGenerator(str(llama), dtype="float32", context_tokens=limit)
    with pytest.raises(SomeFailedError, match=f"reads {limit}") as raised:
        generator.generate(prompts, Sampling(max_new_tokens=16))
    failed = [isinstance(r, GenerationError) for r in raised.value.results]
    assert failed == [i == longest for i in range(len(prompts))]
    with pytest.raises(GenerationError, match=f"reads {limit}"):
        list(generator.stream(prompts[longest], Sampling(max_new_tokens=16)))


def fail_above(generator, rows, monkeypatch):
    """The model runs out of memory on more than `rows` rows, as a graphics card would."""
    generate = generator.model.generate

    def limited(*args, **kwargs):
        if kwargs["input_ids"].shape[0] > rows:
            raise torch.OutOfMemoryError("CUDA out of memory.")
        return generate(*args, **kwargs)

    monkeypatch.setattr(generator.model, "generate", limited)


def test_out_of_memory_halves_the_batch_and_says_so(llama, plain, prompts, monkeypatch, caplog):
    generator = HfGenerator(str(llama), dtype="float32")
    fail_above(generator, 2, monkeypatch)
    with caplog.at_level(logging.WARNING):
        assert generator.generate(prompts, GREEDY) == plain.generate(prompts, GREEDY)
    assert generator.batch_size == 2
    assert "going on with 2" in caplog.text


def test_a_prompt_too_big_for_the_memory_fails_alone(llama, prompts, monkeypatch):
    generator = HfGenerator(str(llama), dtype="float32")
    fail_above(generator, 0, monkeypatch)
    with pytest.raises(SomeFailedError, match="Out of memory on a prompt of"):
        generator.generate(prompts, GREEDY)


def test_float16_is_refused_on_a_cpu(llama):
    with pytest.raises(UsageError, match="float16"):
        load_generator(str(llama), device="cpu", dtype="float16")
    assert best_dtype("cpu") in (torch.float32, torch.bfloat16)
    with pytest.raises(UsageError, match="int8"):
        load_generator(str(llama), dtype="int8")


def test_a_folder_that_is_no_model_is_one_sentence(llama, tmp_path):
    shutil.copytree(llama, tmp_path / "m")
    (tmp_path / "m/model.safetensors").write_bytes(b"not a tensor")
    with pytest.raises(GenerationError, match="cannot be loaded"):
        load_generator(str(tmp_path / "m"))


def test_a_hub_model_that_cannot_be_had_says_where_it_was_looked_for(monkeypatch, tmp_path):
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    with pytest.raises(NotFoundError, match="neither a folder, nor in the cache"):
        load_generator("nobody/no-such-model")


def test_a_hub_model_is_read_from_the_cache(llama, plain, prompts, monkeypatch, tmp_path):
    folder = tmp_path / "models--owner--name"
    shutil.copytree(llama, folder / "snapshots/abc")
    (folder / "refs").mkdir()
    (folder / "refs/main").write_text("abc")
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    generator = load_generator("owner/name", dtype="float32")
    assert generator.name == "owner/name"
    assert generator.generate(prompts, GREEDY) == plain.generate(prompts, GREEDY)


def test_sharing_is_left_to_models_where_it_is_exact():
    assert can_share_prefix(LlamaConfig())
    assert can_share_prefix(MistralConfig(sliding_window=None))
    assert not can_share_prefix(MistralConfig(sliding_window=4096))
    scaled = {"rope_type": "dynamic", "factor": 2.0, "rope_theta": 10000.0}
    assert not can_share_prefix(LlamaConfig(rope_parameters=scaled))


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([[1, 2, 3], [1, 2, 4]], [1, 2]),
        ([[1, 2, 3]], [1, 2]),
        ([[1, 2], [1, 2, 3]], [1]),
        ([[1, 2], [3, 2]], []),
        ([[], [1]], []),
    ],
)
def test_a_common_prefix_leaves_a_token_to_start_on(rows, expected):
    assert common_prefix(rows) == expected


def test_prompts_that_begin_alike_are_one_batch_and_the_rest_another():
    one, two = [[1] * 9 + [k] for k in range(2, 7)], [[7] * 5 + [k] * k for k in (1, 3)]
    rows = [one[0], two[1], *one[1:], two[0], [8]]
    assert alike(rows, range(len(rows))) == [[0, 2, 3, 4, 5], [7, 6, 1]]
    assert alike(rows, [1, 6]) == [[6, 1]]


def test_an_adapter_may_name_one_of_the_users_own_models(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path))
    adapter = tmp_path / "adapter"
    adapter.mkdir()
    (adapter / "adapter_config.json").write_text('{"base_model_name_or_path": "smollm2"}')
    with pytest.raises(NotFoundError, match="needs the model 'smollm2'") as error:
        base_of(adapter)
    assert error.value.hint == "Run: sqlwright models pull smollm2"
    (tmp_path / "smollm2").mkdir()
    (tmp_path / "smollm2" / "config.json").write_text("{}")
    assert base_of(adapter) == tmp_path / "smollm2"
