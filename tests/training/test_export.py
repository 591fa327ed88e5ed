"""An export answers as its source does, in every form, or nothing is left of it."""

from __future__ import annotations

import json
import shutil
from collections import namedtuple
from dataclasses import replace

import pytest

from sqlwright.core import GenerationError, Message, SqlwrightError, UsageError
from sqlwright.prompts.chat import render_chat
from sqlwright.prompts.templates import TEMPLATE_NAMES, named_template
from tests.models import CHAT_TEMPLATE, TRAINING_TEXT, llama, lora, save_llama, save_lora  # noqa: F401

torch = pytest.importorskip("torch")
pytest.importorskip("gguf", reason="GGUF files need the gguf package")

from sqlwright.generation.hf import HfGenerator  # noqa: E402
from sqlwright.training.export import export, gguf  # noqa: E402
from sqlwright.training.export.export import ExportOptions, export_model  # noqa: E402
from sqlwright.training.export.gguf_tokenizer import NamedSplit  # noqa: E402
from sqlwright.training.export.llama_cpp import installed  # noqa: E402

QWEN2_SPLIT = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)


def save_model(folder, config, tokenizer):
    from transformers import AutoModelForCausalLM

    torch.manual_seed(0)
    AutoModelForCausalLM.from_config(config).save_pretrained(folder)
    tokenizer.chat_template = CHAT_TEMPLATE
    tokenizer.save_pretrained(folder)
    return folder


def byte_level(split=None, *, digits=False, words=True):
    """A byte-level BPE tokenizer trained on a few lines, its text split by GPT-2's rule or by `split`.

    `digits` puts every digit into a piece of its own first; without `words` nothing is split by GPT-2's rule.
    """
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    by_bytes = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=split is None and words)
    steps = [pre_tokenizers.Split(Regex(split), behavior="isolated"), by_bytes] if split else [by_bytes]
    steps = [pre_tokenizers.Digits(individual_digits=True), by_bytes] if digits else steps
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(steps) if len(steps) > 1 else by_bytes
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=special, initial_alphabet=alphabet)
    tokenizer.train_from_iterator(TRAINING_TEXT.splitlines(), trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<|im_end|>", pad_token="<|endoftext|>")


def sentencepiece(folder, kind="bpe"):
    """A SentencePiece model trained on a few lines, in the class that Llama 2 uses."""
    import sentencepiece as spm
    from transformers import LlamaTokenizer

    folder.mkdir()
    text = folder / "text.txt"
    text.write_text(TRAINING_TEXT * 5, encoding="utf-8")
    spm.SentencePieceTrainer.train(
        input=str(text),
        model_prefix=str(folder / "tokenizer"),
        model_type=kind,
        vocab_size=460 if kind == "bpe" else 350,
        byte_fallback=True,
        hard_vocab_limit=False,
        split_digits=True,
        normalization_rule_name="identity",
        minloglevel=2,
    )
    return LlamaTokenizer.from_pretrained(folder)


def shape(tokenizer, **more):
    sizes = {"hidden_size": 64, "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2}
    ends = {"bos_token_id": None, "eos_token_id": tokenizer.eos_token_id, "pad_token_id": None}
    rest = {"intermediate_size": 128, "vocab_size": len(tokenizer) + 3, "max_position_embeddings": 4096}
    return {**sizes, **ends, **rest, **more}


def answer(folder, **options):
    """What `-m folder` says to a question, as text and logits."""
    generator = HfGenerator(str(folder), dtype="float32", device="cpu", **options)
    ids = torch.tensor([generator.tokenizer.encode("SELECT name FROM singer", add_special_tokens=False)])
    with torch.no_grad():
        return generator.model(ids).logits


@pytest.fixture(scope="module")
def short(tmp_path_factory):
    """Options for a quick check: eight questions over one small table."""
    path = tmp_path_factory.mktemp("questions") / "questions.json"
    rows = [
        {
            "question": f"How many singers are over {i}?",
            "context": "CREATE TABLE singer (age INTEGER)",
            "answer": "SELECT 1",
        }
        for i in range(8)
    ]
    path.write_text(json.dumps(rows))
    return {"data": str(path), "device": "cpu"}


def leftovers(out):
    return [p.name for p in out.parent.iterdir() if p.name.startswith(".") or p == out]


def test_an_adapter_is_merged_and_the_result_stands_alone(lora, tmp_path):  # noqa: F811
    out = tmp_path / "out"
    report = export_model(str(lora), out, ExportOptions(device="cpu"))  # on the demo's questions

    assert (report.merged.equal, report.merged.n, report.rounded) == (8, 8, None)
    assert [c.equal for c in report.read_back] == [8]
    assert torch.allclose(answer(out), answer(lora), atol=1e-3)
    assert not (out / "adapter_config.json").exists()
    assert (out / "chat_template.jinja").read_text() == CHAT_TEMPLATE
    assert (out / "model.safetensors").stat().st_mode == (out / "export.json").stat().st_mode  # not for the owner only
    noted = json.loads((out / "export.json").read_text())
    assert noted["adapter"] == str(lora)
    assert noted["merged"]["equal"] == 8
    assert leftovers(out) == ["out"]


def test_the_adapter_changes_what_is_exported(llama, lora, tmp_path, short):  # noqa: F811
    export_model(str(llama), tmp_path / "out", ExportOptions(**short, adapter=str(lora)))
    assert not torch.allclose(answer(tmp_path / "out"), answer(llama), atol=0.05)


@pytest.mark.parametrize("variant", ["dora", "rslora"])
def test_variants_of_lora_are_merged(variant, llama, tmp_path, short):  # noqa: F811
    from peft import LoraConfig, get_peft_model
    from transformers import AutoModelForCausalLM

    torch.manual_seed(3)
    settings = {"use_dora": variant == "dora", "use_rslora": variant == "rslora", "init_lora_weights": False}
    config = LoraConfig(r=4, lora_alpha=8, target_modules="all-linear", task_type="CAUSAL_LM", **settings)
    get_peft_model(AutoModelForCausalLM.from_pretrained(llama), config).save_pretrained(tmp_path / "adapter")

    report = export_model(str(tmp_path / "adapter"), tmp_path / "out", ExportOptions(**short))

    assert report.merged.equal == 8
    assert not torch.allclose(answer(tmp_path / "out"), answer(llama), atol=0.05)


def test_an_adapter_of_a_4_bit_base_is_merged_onto_the_weights_it_saw(lora, tmp_path, short):  # noqa: F811
    pytest.importorskip("bitsandbytes", reason="a base in 4 bits needs bitsandbytes")
    out = tmp_path / "out"
    report = export_model(str(lora), out, ExportOptions(**short, base_quantization="nf4-double"))

    assert report.merged.equal == 8
    trained = answer(lora, quantization="nf4-double")
    assert torch.allclose(answer(out), trained, atol=1e-3)
    assert not torch.allclose(answer(lora), trained, atol=0.02)  # the full-precision base is another model
    assert "quantization_config" not in json.loads((out / "config.json").read_text())


@pytest.mark.parametrize("quantize", ["f32", "q8_0"])
def test_a_gguf_is_read_back_to_the_weights_that_were_written(quantize, lora, tmp_path, short):  # noqa: F811
    out = tmp_path / "out"
    report = export_model(str(lora), out, ExportOptions(format="gguf", quantize=quantize, **short))

    readers = ["transformers", "llama.cpp"] if installed() else ["transformers"]
    assert [c.reader for c in report.read_back] == readers
    assert report.read_back[0].equal == 8
    assert (report.rounded is None) == (quantize == "f32")
    assert sorted(p.name for p in out.iterdir()) == ["Modelfile", "export.json", "model.gguf"]
    assert "FROM ./model.gguf" in (out / "Modelfile").read_text()


def test_a_lossy_format_is_measured_and_not_refused(lora, tmp_path, short):  # noqa: F811
    report = export_model(str(lora), tmp_path / "out", ExportOptions(format="gguf", quantize="q4_0", **short))

    assert report.rounded.largest_logit_difference > 0
    assert report.rounded.token_agreement < 1  # random weights have nothing to spare
    assert report.read_back[0].equal == 8


def test_bfloat16_is_exact_where_the_base_is_bfloat16(llama, tmp_path, short):  # noqa: F811
    from transformers import AutoModelForCausalLM

    half = shutil.copytree(llama, tmp_path / "half")
    AutoModelForCausalLM.from_pretrained(llama, dtype=torch.bfloat16).save_pretrained(half)
    report = export_model(str(half), tmp_path / "out", ExportOptions(**short))

    assert (report.quantize, report.merged, report.rounded) == ("bf16", None, None)
    assert report.read_back[0].equal == 8


def test_mistral_with_sentencepiece_becomes_a_gguf(tmp_path, short):
    from transformers import MistralConfig

    tokenizer = sentencepiece(tmp_path / "words")
    config = MistralConfig(**shape(tokenizer, head_dim=32, rope_parameters={"rope_type": "default", "rope_theta": 1e6}))
    model = save_model(tmp_path / "model", config, tokenizer)
    report = export_model(str(model), tmp_path / "out", ExportOptions(format="gguf", quantize="f32", **short))
    assert [c.equal for c in report.read_back] == [8] * len(report.read_back)


def test_qwen2_with_its_split_and_biases_becomes_a_gguf(tmp_path, short):
    from transformers import Qwen2Config

    tokenizer = byte_level(QWEN2_SPLIT)
    model = save_model(tmp_path / "model", Qwen2Config(**shape(tokenizer), tie_word_embeddings=True), tokenizer)
    report = export_model(str(model), tmp_path / "out", ExportOptions(format="gguf", quantize="f32", **short))
    assert [c.equal for c in report.read_back] == [8] * len(report.read_back)


def test_a_tokenizer_that_splits_digits_becomes_a_gguf(tmp_path, short):
    """SmolLM2's, StarCoder 2's and the one of stage `pt`; transformers alone would cut 2024 otherwise."""
    import gguf as files
    from transformers import LlamaConfig

    tokenizer = byte_level(digits=True)
    model = save_model(tmp_path / "model", LlamaConfig(**shape(tokenizer)), tokenizer)
    report = export_model(str(model), tmp_path / "out", ExportOptions(format="gguf", quantize="f32", **short))
    assert [c.equal for c in report.read_back] == [8] * len(report.read_back)
    fields = files.GGUFReader(tmp_path / "out" / "model.gguf").fields
    assert fields["tokenizer.ggml.pre"].contents() == "smollm"
    text = "SELECT 2024, 'a1b22' FROM t WHERE  x > 10  <|im_end|>\n\n  有3歌手 ٣٤ don't"
    cut = NamedSplit(tmp_path / "out" / "model.gguf").encode(text)
    assert cut == tokenizer.encode(text, add_special_tokens=False)


def test_the_tokenizer_of_stage_pt_becomes_a_gguf():
    from sqlwright.training.export.gguf_vocabulary import split_name
    from sqlwright.training.tiny import new_tokenizer

    tokenizer, _ = new_tokenizer(TRAINING_TEXT.splitlines(), 400)
    assert split_name(tokenizer) == "smollm"


@pytest.mark.parametrize("family", ["gemma", "llama3-rope"])
def test_what_only_llama_cpp_can_check_needs_it(family, tmp_path, short):
    from transformers import GemmaConfig, LlamaConfig

    tokenizer = sentencepiece(tmp_path / "words") if family == "gemma" else byte_level()
    rope = {"rope_type": "llama3", "rope_theta": 10_000.0, "factor": 8.0, "low_freq_factor": 1.0}
    rope |= {"high_freq_factor": 4.0, "original_max_position_embeddings": 512}
    config = (
        GemmaConfig(**shape(tokenizer, head_dim=32))
        if family == "gemma"
        else LlamaConfig(**shape(tokenizer, rope_parameters=rope))
    )
    model = save_model(tmp_path / "model", config, tokenizer)
    options = ExportOptions(format="gguf", quantize="f32", **short)
    if not installed():
        with pytest.raises(UsageError, match=r"can only be checked by llama\.cpp"):
            export_model(str(model), tmp_path / "out", options)
        return
    report = export_model(str(model), tmp_path / "out", options)
    assert [(c.reader, c.equal) for c in report.read_back] == [("llama.cpp", 8)]


def test_a_wrong_file_is_found_and_nothing_of_it_stays(llama, tmp_path, monkeypatch, short):  # noqa: F811
    placed = gguf._placed
    monkeypatch.setattr(gguf, "_arranged", lambda model: ((tensor, w) for _, tensor, w in placed(model)))
    out = tmp_path / "out"
    with pytest.raises(SqlwrightError, match=r"What was written does not answer as its source") as caught:
        export_model(str(llama), out, ExportOptions(format="gguf", quantize="f32", **short))
    assert caught.value.exit_code == 1
    assert leftovers(out) == []


def test_a_wrong_merge_is_found_and_nothing_is_written(llama, lora, tmp_path, monkeypatch, short):  # noqa: F811
    base = HfGenerator(str(llama), dtype="float32", device="cpu").model
    monkeypatch.setattr("sqlwright.training.export.source.merge_adapter", lambda *_: base)
    with pytest.raises(SqlwrightError, match="The merged model does not answer as its source"):
        export_model(str(lora), tmp_path / "out", ExportOptions(**short))
    assert leftovers(tmp_path / "out") == []


def test_an_adapter_that_is_no_number_is_refused(llama, tmp_path, short):  # noqa: F811
    from safetensors.torch import load_file, save_file

    adapter = save_lora(llama, tmp_path / "adapter")
    weights = load_file(adapter / "adapter_model.safetensors")
    weights[next(iter(weights))].fill_(float("nan"))
    save_file(weights, adapter / "adapter_model.safetensors")
    with pytest.raises(GenerationError, match="cannot be merged"):
        export_model(str(adapter), tmp_path / "out", ExportOptions(**short))
    assert leftovers(tmp_path / "out") == []


def test_a_folder_with_other_files_is_never_replaced(llama, tmp_path, short):  # noqa: F811
    out = tmp_path / "out"
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    with pytest.raises(UsageError, match="holds other files"):
        export_model(str(llama), out, ExportOptions(**short, overwrite=True))
    assert (out / "thesis.txt").read_text() == "mine"


def test_an_earlier_export_is_replaced_only_when_told(llama, lora, tmp_path, short):  # noqa: F811
    out = tmp_path / "out"
    export_model(str(llama), out, ExportOptions(**short))
    with pytest.raises(UsageError, match="holds an export already"):
        export_model(str(lora), out, ExportOptions(**short))
    export_model(str(lora), out, ExportOptions(**short, overwrite=True))
    assert json.loads((out / "export.json").read_text())["source"] == str(lora)
    assert leftovers(out) == ["out"]


def test_a_full_disk_is_told_before_writing(llama, tmp_path, monkeypatch, short):  # noqa: F811
    usage = namedtuple("usage", "total used free")
    monkeypatch.setattr("shutil.disk_usage", lambda path: usage(10**9, 10**9, 1000))
    with pytest.raises(SqlwrightError, match=r"0\.0 GB free, and the weights take"):
        export_model(str(llama), tmp_path / "out", ExportOptions(**short))
    assert leftovers(tmp_path / "out") == []


def test_a_disk_that_fills_while_writing_leaves_nothing(llama, tmp_path, monkeypatch, short):  # noqa: F811
    def fill(source, folder, quantize):
        (folder / "model.safetensors").write_bytes(b"half of it")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(export, "_write_safetensors", fill)
    with pytest.raises(SqlwrightError, match="No space left on device") as caught:
        export_model(str(llama), tmp_path / "out", ExportOptions(**short))
    assert "make room" in caught.value.hint
    assert leftovers(tmp_path / "out") == []


def test_a_place_that_cannot_be_written_is_told_before_the_model_is_loaded(tmp_path, short):
    (tmp_path / "file").write_text("")
    with pytest.raises(SqlwrightError, match="cannot be written"):
        export_model("no-such-model", tmp_path / "file" / "out", ExportOptions(**short))


def test_an_architecture_without_a_sure_gguf_is_refused_with_the_list(tmp_path, short):
    from transformers import GPT2Config

    tokenizer = byte_level()
    config = GPT2Config(n_embd=64, n_layer=1, n_head=2, vocab_size=len(tokenizer), n_positions=4096)
    model = save_model(tmp_path / "model", config, tokenizer)
    with pytest.raises(UsageError, match="'gpt2' cannot become a GGUF") as caught:
        export_model(str(model), tmp_path / "out", ExportOptions(format="gguf", **short))
    assert "Llama" in caught.value.hint


@pytest.mark.parametrize("how", [{"split": r"\p{L}+|\s+|."}, {"words": False}, {"digits": True, "words": False}])
def test_a_tokenizer_without_a_sure_gguf_is_refused(how, tmp_path, short):
    from transformers import LlamaConfig

    tokenizer = byte_level(**how)
    model = save_model(tmp_path / "model", LlamaConfig(**shape(tokenizer)), tokenizer)
    with pytest.raises(UsageError, match="splits text in a way that no GGUF pre-tokenizer"):
        export_model(str(model), tmp_path / "out", ExportOptions(format="gguf", **short))
    assert leftovers(tmp_path / "out") == []


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_the_template_in_a_gguf_renders_the_same_without_training_tags(name):
    template = named_template(name)
    plain = replace(template, source=gguf.untracked(template.source))
    talk = [Message("user", "How many?"), Message("assistant", "SELECT 1"), Message("user", "And now?")]
    assert "generation %}" not in plain.source.replace("add_generation", "")
    assert render_chat(talk, plain) == render_chat(talk, template)


def test_safetensors_take_no_block_format():
    with pytest.raises(UsageError, match="not quantized to q4_0"):
        ExportOptions(format="safetensors", quantize="q4_0")
