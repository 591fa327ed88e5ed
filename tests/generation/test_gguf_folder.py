"""A GGUF file answers as the model that it was made of, and a small model is fetched only after a yes."""

from __future__ import annotations

import hashlib
import json

import pytest
from click.testing import CliRunner

from sqlwright.cli.models import command
from sqlwright.core import GenerationError, SqlwrightError, UsageError
from sqlwright.prompts.templates import ChatTemplate
from tests.models import CHAT_TEMPLATE, llama, save_llama  # noqa: F401

torch = pytest.importorskip("torch")
gguf = pytest.importorskip("gguf", reason="GGUF files need the gguf package")

from transformers import AutoModelForCausalLM, AutoTokenizer  # noqa: E402

from sqlwright.generation import Sampling, gguf_folder, load_generator, pull  # noqa: E402
from sqlwright.generation.find import find_model, may_be_local, weights_fingerprint  # noqa: E402
from sqlwright.training.export.gguf import write_gguf  # noqa: E402

TEXTS = ["SELECT name FROM singer WHERE age > 2023", "有多少歌手？ 12345", "<|im_start|>user\nHow many?<|im_end|>\n"]


def to_gguf(folder, path, quantize="f32"):
    model = AutoModelForCausalLM.from_pretrained(folder).float()
    template = ChatTemplate("own", CHAT_TEMPLATE, "", "<|im_end|>")
    write_gguf(model, AutoTokenizer.from_pretrained(folder), template, path, name="tiny", quantize=quantize)
    return path


@pytest.fixture(autouse=True)
def _places(tmp_path, monkeypatch):
    monkeypatch.setenv("SQLWRIGHT_GGUF", str(tmp_path / "cache"))
    monkeypatch.setenv("SQLWRIGHT_MODELS", str(tmp_path / "own"))


@pytest.fixture(scope="module")
def file(llama, tmp_path_factory):  # noqa: F811
    return to_gguf(llama, tmp_path_factory.mktemp("gguf") / "tiny.gguf")


def test_tokens_and_logits_are_those_of_the_model(file, llama, tmp_path):  # noqa: F811
    folder = tmp_path / "made"
    gguf_folder.write_folder(file, folder)
    before, after = AutoTokenizer.from_pretrained(llama), AutoTokenizer.from_pretrained(folder)
    for text in TEXTS:
        assert after.encode(text, add_special_tokens=False) == before.encode(text, add_special_tokens=False)
    assert (after.eos_token, after.pad_token, after.chat_template) == ("<|im_end|>", "<|endoftext|>", CHAT_TEMPLATE)
    ids = torch.tensor([before.encode(TEXTS[0])])
    models = [AutoModelForCausalLM.from_pretrained(f) for f in (llama, folder)]
    first, second = (model(ids).logits for model in models)
    assert torch.allclose(first, second, atol=1e-6)
    assert json.loads((folder / "config.json").read_text())["architectures"] == ["LlamaForCausalLM"]


def test_a_split_by_digits_and_the_bos_token_are_kept(tmp_path):
    from tokenizers import pre_tokenizers

    base = save_llama(tmp_path / "base")
    tokenizer = AutoTokenizer.from_pretrained(base)
    digits = pre_tokenizers.Digits(individual_digits=True)
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [digits, pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.add_special_tokens({"bos_token": "<|im_start|>"})
    tokenizer.save_pretrained(base)
    folder = tmp_path / "made"
    gguf_folder.write_folder(to_gguf(base, tmp_path / "digits.gguf"), folder)
    made = AutoTokenizer.from_pretrained(folder)
    assert [made.encode(t) for t in TEXTS] == [tokenizer.encode(t) for t in TEXTS]  # no bos before the text
    assert made.bos_token == "<|im_start|>"
    pieces = [p for p, _ in made.backend_tokenizer.pre_tokenizer.pre_tokenize_str("in 2023")]
    assert pieces == [p for p, _ in tokenizer.backend_tokenizer.pre_tokenizer.pre_tokenize_str("in 2023")]
    assert pieces[-4:] == ["2", "0", "2", "3"]


def test_m_takes_the_file_and_makes_its_folder_once(file, llama, prompts, tmp_path, monkeypatch):  # noqa: F811
    assert may_be_local(str(file))
    assert find_model(str(file)) == str(file)
    assert weights_fingerprint(str(file))
    sampling = Sampling(max_new_tokens=8)
    model = load_generator(str(file), dtype="float32")
    expected = load_generator(str(llama), dtype="float32").generate(prompts[:2], sampling)
    assert [c[0].text for c in model.generate(prompts[:2], sampling)] == [c[0].text for c in expected]
    assert model.public_name == "tiny.gguf"
    made = list((tmp_path / "cache").iterdir())
    assert len(made) == 1
    monkeypatch.setattr(gguf_folder, "write_folder", None)  # would fail
    assert gguf_folder.folder_of(file) == made[0]


def test_quantized_weights_are_those_that_the_file_gives_back(llama, tmp_path):  # noqa: F811
    path = to_gguf(llama, tmp_path / "q8.gguf", "q8_0")
    gguf_folder.write_folder(path, tmp_path / "made")
    model = AutoModelForCausalLM.from_pretrained(tmp_path / "made", dtype=torch.float32)
    wanted = {t.name: gguf.dequantize(t.data, t.tensor_type) for t in gguf.GGUFReader(path).tensors}
    own = model.state_dict()["model.layers.1.mlp.down_proj.weight"]
    assert torch.allclose(own, torch.from_numpy(wanted["blk.1.ffn_down.weight"].copy()), rtol=1e-3, atol=1e-7)
    assert model.config.dtype == torch.float32


def test_what_transformers_would_misread_is_refused(file, tmp_path, monkeypatch):
    monkeypatch.setattr(gguf_folder, "SPLITS", ("qwen2",))
    with pytest.raises(UsageError, match=r"splits text as 'gpt-2' does; expected one of qwen2"):
        gguf_folder.write_folder(file, tmp_path / "made")
    (tmp_path / "no.gguf").write_bytes(b"GGUF?")
    with pytest.raises(GenerationError, match="is not a readable GGUF file"):
        gguf_folder.folder_of(tmp_path / "no.gguf")
    assert not list((tmp_path / "cache").glob("*"))


@pytest.fixture
def package(file, tmp_path, monkeypatch):
    """An installed package with a GGUF file, entered as a model that can be pulled."""
    folder = tmp_path / "site" / "tiny_model_package"
    folder.mkdir(parents=True)
    (folder / "__init__.py").touch()
    (folder / "tiny.gguf").write_bytes(file.read_bytes())
    monkeypatch.syspath_prepend(str(tmp_path / "site"))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    entry = pull.Pullable(
        "tiny",
        "MIT",
        "https://example.org",
        "A toy",
        "tiny-model",
        "tiny_model_package/tiny.gguf",
        digest,
        "a/b",
        (1, 2),
    )
    monkeypatch.setitem(pull.PULLABLE, "tiny", entry)
    return folder


def pulled(*arguments, **settings):
    return CliRunner().invoke(command, ["pull", *arguments], catch_exceptions=False, **settings)


def test_pull_shows_the_license_and_needs_a_yes(package, tmp_path):
    with pytest.raises(UsageError, match="Expected a yes before a download"):
        CliRunner().invoke(command, ["pull", "tiny"], catch_exceptions=False, standalone_mode=False)
    assert not (tmp_path / "own").exists()
    done = pulled("tiny", "--yes")
    assert done.stdout.strip() == str(tmp_path / "own" / "tiny")
    assert "license   MIT, https://example.org" in done.stderr
    assert load_generator("tiny").public_name == "tiny"
    with pytest.raises(UsageError, match="is there already"):
        CliRunner().invoke(command, ["pull", "tiny", "--yes"], catch_exceptions=False, standalone_mode=False)


def test_a_file_that_is_not_the_expected_one_is_refused(package, tmp_path):
    (package / "tiny.gguf").write_bytes(b"other")
    with pytest.raises(SqlwrightError, match="is not the expected file"):
        pull.pull(pull.PULLABLE["tiny"])
    assert not list((tmp_path / "own").iterdir())
    with pytest.raises(UsageError, match=r"No model 'smolm2' to pull\. Did you mean 'smollm2'"):
        pull.pullable("smolm2")
