"""`-m vllm:FOLDER`: which specs it owns, what it refuses, and that it answers as the transformers backend does.

vLLM is not part of the development environment. What needs it is marked slow and runs where it can be imported;
`StandInLLM` takes its place elsewhere.
"""

from __future__ import annotations

import json
import shutil
import sys
from dataclasses import replace
from importlib.util import find_spec
from types import ModuleType, SimpleNamespace
from typing import Literal

import pytest

from sqlwright.core import GenerationError, SqlwrightError, UsageError
from sqlwright.generation import Sampling, load_generator
from sqlwright.generation.backends import BACKENDS, backend_of
from sqlwright.generation.find import weights_fingerprint
from sqlwright.generation.nearby import KINDS, NearbyGenerator
from sqlwright.prompts import build_prompt
from tests.models import save_llama, save_lora

from .conftest import SCHEMA

torch = pytest.importorskip("torch", reason="the train extra is not installed")

from transformers import AutoModelForCausalLM  # noqa: E402

from sqlwright.generation.constrain import Grammars  # noqa: E402
from sqlwright.generation.generator import SomeFailedError  # noqa: E402
from sqlwright.generation.hf import HfGenerator  # noqa: E402
from sqlwright.generation.vllm_constrain import ConstrainedRow, ConstrainedRows  # noqa: E402
from sqlwright.generation.vllm_engine import (  # noqa: E402
    lora_rank,
    model_folders,
    row_seed,
    sampling_settings,
    until_repetition,
)

GREEDY = Sampling(max_new_tokens=24)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A Llama whose heads are wide enough for vLLM's attention."""
    return save_llama(tmp_path_factory.mktemp("vllm") / "model", hidden=256, heads=4)


@pytest.fixture(scope="module")
def adapter(folder):
    return save_lora(folder, folder.with_name("adapter"))


@pytest.fixture
def a_copy(adapter, tmp_path):
    return shutil.copytree(adapter, tmp_path / "adapter")


class StandInLLM:
    """Takes the place of vllm.LLM: greedy decoding by transformers, one prompt at a time, with vLLM's result types.

    It shows that prompts, stops and results pass through the engine correctly. It says nothing about vLLM itself.
    """

    made: list[dict] = []  # noqa: RUF012  (emptied by the fixture)

    def __init__(self, **given):
        self.made.append(given)
        self.model = AutoModelForCausalLM.from_pretrained(given["model"])
        self.model_config = SimpleNamespace(max_model_len=given["max_model_len"])
        self.llm_engine = SimpleNamespace(add_lora=self._add_lora)

    def _add_lora(self, request):
        if "dora" in request.path:
            raise ValueError("vLLM does not yet support DoRA.")
        from peft import PeftModel

        self.model = PeftModel.from_pretrained(self.model, request.path)

    def generate(self, prompts, params, *, lora_request, use_tqdm):
        done = []
        for prompt, settings in zip(prompts, params, strict=True):
            ids = torch.tensor([prompt["prompt_token_ids"]])
            out = self.model.generate(
                input_ids=ids,
                attention_mask=torch.ones_like(ids),
                do_sample=False,
                max_new_tokens=settings.max_tokens,
                eos_token_id=settings.stop_token_ids,
                pad_token_id=0,
            )
            tokens = out[0, ids.shape[1] :].tolist()
            done.append(SimpleNamespace(outputs=[SimpleNamespace(token_ids=tokens)] * settings.n))
        return done


@pytest.fixture
def stand_in(monkeypatch):
    """`vllm` with the five names that the engine imports from it."""
    request = lambda name, number, path: SimpleNamespace(name=name, path=path)  # noqa: E731
    names = {
        "vllm": {"LLM": StandInLLM, "SamplingParams": lambda **given: SimpleNamespace(**given)},
        "vllm.config": {},
        "vllm.config.lora": {"MaxLoRARanks": Literal[1, 8, 16]},
        "vllm.lora": {},
        "vllm.lora.request": {"LoRARequest": request},
        "vllm.platforms": {"current_platform": SimpleNamespace(device_type="cpu")},
    }
    for name, members in names.items():
        module = ModuleType(name)
        vars(module).update(members)
        monkeypatch.setitem(sys.modules, name, module)
    monkeypatch.setattr("sqlwright.generation.backends.find_spec", lambda name: True)
    monkeypatch.setattr("sqlwright.generation.vllm_engine.ENVIRONMENT", {})
    StandInLLM.made.clear()
    return StandInLLM.made


def test_a_folder_is_loaded_here_and_any_other_name_is_one_of_a_server(folder):
    for spec, name in {
        f"vllm:{folder}": "vllm-engine",
        "vllm:Qwen/Qwen2.5-Coder-7B-Instruct": "vllm",
        f"vllm:{folder}@http://127.0.0.1:8000/v1": "vllm",
        f"vllm:{folder.parent}": "vllm",  # no model in it
    }.items():
        assert backend_of(spec).name == name
        assert sum(backend.owns(spec) for backend in BACKENDS.values()) == 1


def test_a_served_model_that_is_called_like_a_folder_keeps_its_address(folder):
    served = NearbyGenerator(KINDS["vllm"], str(folder))
    assert served.name == f"vllm:{folder}@http://127.0.0.1:8000/v1"
    assert backend_of(served.name).name == "vllm"
    assert NearbyGenerator(KINDS["vllm"], "qwen").name == "vllm:qwen"


def test_the_weights_behind_the_prefix_are_watched(folder):
    assert weights_fingerprint(f"vllm:{folder}") == weights_fingerprint(str(folder)) != ""


def test_without_the_package_the_error_asks_for_an_environment_of_its_own(folder, monkeypatch):
    monkeypatch.setattr("sqlwright.generation.backends.find_spec", lambda name: None)
    with pytest.raises(UsageError, match=r"needs the package vllm.*pins its own torch.*vllm-env/bin/pip install vllm"):
        load_generator(f"vllm:{folder}")


def test_it_takes_no_device(folder):
    with pytest.raises(UsageError, match="vllm-engine models take no device"):
        load_generator(f"vllm:{folder}", device="cpu")


def test_sampling_becomes_vllms_settings():
    sampling = Sampling(temperature=0.7, top_k=5, top_p=0.9, max_new_tokens=9, seed=3, n=2, stop=("#",))
    assert sampling_settings(sampling, [2], ["</s>"]) == {
        "n": 2,
        "temperature": 0.7,
        "top_k": 5,
        "top_p": 0.9,
        "max_tokens": 9,
        "stop": ["#", "</s>"],
        "stop_token_ids": [2],
        "skip_special_tokens": True,
    }
    assert [sampling_settings(Sampling(), [], [])[name] for name in ("top_k", "top_p")] == [0, 1.0]


def test_every_prompt_has_its_own_seed_whatever_else_is_asked():
    assert row_seed(None, [1]) is None
    assert row_seed(3, [1, 2]) == row_seed(3, (1, 2)) != row_seed(3, [1, 3]) != row_seed(4, [1, 3])
    assert 0 <= row_seed(3, [1]) < 2**32


def test_an_answer_that_repeats_itself_ends_where_transformers_ends_it():
    assert until_repetition([9, *[1, 2] * 60]) == [9, *[1, 2] * 60][:80]  # 64 tokens of it are needed
    assert until_repetition(list(range(100))) == list(range(100))


def test_the_smallest_rank_that_holds_the_adapter():
    assert [lora_rank(r, (1, 8, 16)) for r in (1, 4, 8, 12)] == [1, 8, 8, 16]
    with pytest.raises(UsageError, match=r"up to rank 16, and this one has 17.*sqlwright export"):
        lora_rank(17, (1, 8, 16))


def test_an_adapter_folder_names_its_base(folder, adapter, a_copy):
    found = model_folders(adapter)
    assert (found.base, found.words, found.adapter, found.lora_r) == (folder, folder, adapter, 4)
    assert model_folders(folder, adapter) == found
    assert model_folders(folder).adapter is None
    config = json.loads((a_copy / "adapter_config.json").read_text())
    (a_copy / "adapter_config.json").write_text(json.dumps({**config, "rank_pattern": {"q_proj": 32}}))
    assert model_folders(a_copy).lora_r == 32


@pytest.mark.parametrize(
    ("file", "content", "reason"),
    [
        ("rope.json", {"type": "linear", "factor": 2.0}, "scaled positions"),
        (
            "run.json",
            {"config": {"finetuning_type": "qlora", "quantization_type": "nf4", "double_quantization": True}},
            "a base in 4 bits",
        ),
    ],
)
def test_an_adapter_whose_base_vllm_would_load_differently_is_refused(a_copy, file, content, reason):
    (a_copy / file).write_text(json.dumps(content))
    with pytest.raises(UsageError, match=rf"{reason}.*sqlwright export"):
        model_folders(a_copy)


def test_a_row_may_be_asked_again_and_may_go_on_in_the_middle(folder):
    words = HfGenerator(str(folder), device="cpu", dtype="float32")
    grammars = Grammars(words.tokenizer, 512, words._stop_ids)
    scores = torch.randn(512, generator=torch.Generator().manual_seed(0))
    row, ids, steps = ConstrainedRow(grammars, SCHEMA, greedy=True), [], []
    for _ in range(6):
        steps.append(row(ids, scores))
        ids.append(int(steps[-1].argmax()))
    assert torch.equal(row(ids[:5], scores), steps[5])  # as it was one token before
    assert torch.equal(ConstrainedRow(grammars, SCHEMA, greedy=True)(ids[:3], scores), steps[3])
    assert all(torch.isfinite(step).sum() < 512 for step in steps)


def test_an_engine_that_does_not_apply_the_rules_gives_no_answer(folder):
    rows = ConstrainedRows(None)
    assert [rows.settings(SCHEMA)["extra_args"], rows.settings(SCHEMA)["extra_args"]] == [{"sqlwright_schema": 0}] * 2
    with pytest.raises(GenerationError, match="did not apply the grammar"):
        rows.require_applied()


def test_prompts_and_answers_pass_through_as_with_transformers(folder, adapter, prompts, stand_in):
    for source in (folder, adapter):
        model, _ = same_as_transformers(source, prompts)
    assert (model.remote_host, model.public_name, model.context_tokens) == ("", "vllm:adapter", 2048)
    plain, tuned = stand_in
    assert plain["enable_prefix_caching"]
    assert plain["generation_config"] == "vllm"
    assert (tuned["enable_lora"], tuned["max_lora_rank"], tuned["model"]) == (True, 8, str(folder))


def test_a_prompt_that_is_too_long_fails_alone(folder, prompts, stand_in):
    rows = load_generator(f"vllm:{folder}", dtype="float32")
    lengths = [len(rows.encode(p)) for p in prompts]
    model = load_generator(f"vllm:{folder}", dtype="float32", context_tokens=max(lengths) + GREEDY.max_new_tokens - 1)
    with pytest.raises(SomeFailedError) as raised:
        model.generate(prompts, GREEDY)
    failed = [isinstance(result, SqlwrightError) for result in raised.value.results]
    assert failed == [length == max(lengths) for length in lengths]


def test_beams_are_refused_with_what_to_do(folder, prompts, stand_in):
    model = load_generator(f"vllm:{folder}", dtype="float32")
    with pytest.raises(UsageError, match=r"no beam search.*--temperature over 0"):
        model.generate(prompts, Sampling(n=3))


def test_an_adapter_that_vllm_refuses_ends_the_load(folder, adapter, tmp_path, stand_in):
    dora = shutil.copytree(adapter, tmp_path / "dora")
    with pytest.raises(GenerationError, match="does not yet support DoRA"):
        load_generator(f"vllm:{dora}", dtype="float32")


@pytest.fixture(scope="module")
def ending(folder):
    """The model with a generation_config.json that ends an answer at a token which its answers hold."""
    model = HfGenerator(str(folder), device="cpu", dtype="float32")
    ids = model.tokenizer.encode(model.generate([build_prompt("How many singers?", SCHEMA)], GREEDY)[0][0].text)
    copy = shutil.copytree(folder, folder.with_name("ending"))
    config = json.loads((copy / "generation_config.json").read_text())
    (copy / "generation_config.json").write_text(json.dumps({**config, "eos_token_id": [2, *ids[4:10]]}))
    return copy


def same_as_transformers(source, prompts, **options):
    """Compares the greedy answers of both engines, and gives vLLM's."""
    model = load_generator(f"vllm:{source}", dtype="float32", **options)
    own = HfGenerator(str(source), device="cpu", dtype="float32", **options)
    assert [model.encode(p) for p in prompts] == [own.encode(p) for p in prompts]
    assert model.generate(prompts, GREEDY) == own.generate(prompts, GREEDY)
    return model, own


def test_the_ends_of_the_generation_config_end_an_answer(ending, prompts, stand_in):
    model, _ = same_as_transformers(ending, prompts)
    assert "stop" in {row[0].finish_reason for row in model.generate(prompts, GREEDY)}


@pytest.mark.slow
@pytest.mark.skipif(find_spec("vllm") is None, reason="vllm is not installed: it needs an environment of its own")
@pytest.mark.parametrize("case", ["folder", "adapter", "ending", "constrained"])
def test_vllm_writes_what_transformers_writes(request, prompts, case):
    source = request.getfixturevalue("folder" if case == "constrained" else case)
    model, own = same_as_transformers(source, prompts, constrain=case == "constrained")
    answer = own.generate(prompts[:1], GREEDY)[0][0]
    assert (answer.finish_reason == "stop") >= (case == "ending")
    if case == "folder":
        stopped = replace(GREEDY, stop=(answer.text[6:8],))
        cut = [m.generate(prompts[:1], stopped)[0][0] for m in (model, own)]
        assert (cut[0].text, cut[0].finish_reason) == (cut[1].text, "stop")
        assert answer.text.startswith(cut[0].text)
    drawn = Sampling(temperature=1.0, n=3, seed=5, max_new_tokens=8)
    first = model.generate(prompts, drawn)
    assert first[::-1] == model.generate(prompts[::-1], drawn)
    assert len({completion.text for row in first for completion in row}) > len(prompts)
