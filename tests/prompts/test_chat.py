from __future__ import annotations

import json
from dataclasses import replace

import pytest

from sqlwright.core import ConfigError, Message, NotFoundError
from sqlwright.prompts import (
    TEMPLATE_NAMES,
    ChatTemplate,
    answer_stops,
    load_chat_template,
    named_template,
    render_chat,
    render_chat_spans,
    resolve_template,
)

S, U, A = (lambda text, role=role: Message(role, text) for role in ("system", "user", "assistant"))

CONVERSATIONS = {
    "one question": [U("How many?")],
    "system and question": [S("Schema: t(a)"), U("How many?")],
    "answered": [S("Schema: t(a)"), U("How many?"), A("SELECT 1")],
    "dialogue": [S("Schema: t(a)"), U("How many?"), A("SELECT 1"), U("And <b> & 'c'?"), A("SELECT 2"), U("北京？")],
    "no system": [U("How many?"), A("SELECT 1"), U("Which?"), A("SELECT 2")],
}
# ours -> public templates of the family that write the same text, some of them over several indented lines
PUBLIC = {
    "llama-2": ["chujiezheng/llama-2-chat"],
    "codellama": ["chujiezheng/llama-2-chat"],
    "llama-3": ["chujiezheng/llama-3-instruct", "trl/llama3", "trl/llama3_training", "axolotl/llama3"],
    "gemma": ["trl/gemma", "trl/gemma_training", "axolotl/gemma", "llama.cpp/google-gemma-2-2b-it"],
    "alpaca": ["chujiezheng/alpaca"],
    "chatml": ["chujiezheng/chatml", "axolotl/chatml"],
    "qwen": ["trl/qwen2_5", "trl/qwen2_5_training", "llama.cpp/Qwen-Qwen2.5-7B-Instruct", "axolotl/qwen_25"],
    "mistral": ["mistral-common/v1_spm", "axolotl/mistral_v1"],
}


def render(messages, template):
    return render_chat(messages, template, add_generation_prompt=messages[-1].role == "user")


@pytest.mark.shared
@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
@pytest.mark.parametrize(("ours", "public"), [(o, p) for o, names in PUBLIC.items() for p in names])
def test_our_templates_write_what_the_familys_public_ones_write(shared, ours, public, conversation):
    source = (shared / "data/chat-templates" / f"{public}.jinja").read_text(encoding="utf-8")
    if public.startswith("chujiezheng/"):  # to be joined before use, as its README says
        source = source.replace("    ", "").replace("\n", "")
    expected = render(conversation, replace(named_template(ours), source=source))
    if ours == "mistral":  # "<s> [INST]": sentencepiece puts that space before "[" by itself
        expected = expected.replace("<s> ", "<s>").replace("</s> ", "</s>")
    assert render(conversation, named_template(ours)) == expected


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_what_the_assistant_writes_ends_in_a_stop(name):
    template = named_template(name)
    rendered = render_chat_spans(CONVERSATIONS["no system"], template)
    written = [rendered.text[start:end] for start, end in rendered.spans]
    assert [w.strip().partition("SELECT ")[2][0] for w in written] == ["1", "2"]
    assert all(w.endswith(answer_stops(template)) for w in written)
    assert not any("user" in w.lower() or "Which" in w for w in written)


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_the_prompt_is_the_beginning_of_the_training_text(name):
    template = named_template(name)
    messages = CONVERSATIONS["answered"]
    rendered = render_chat_spans(messages, template)
    prompt = render_chat(messages[:-1], template, add_generation_prompt=True)
    assert rendered.text.startswith(prompt)
    assert rendered.spans[-1][0] == len(prompt)


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_the_schema_stands_before_the_first_question_with_or_without_a_system_role(name):
    text = render(CONVERSATIONS["dialogue"], named_template(name))
    assert text.count("Schema: t(a)") == 1
    assert text.index("Schema: t(a)") < text.index("How many?") < text.index("北京")


def test_gemma_gets_the_system_text_in_its_first_user_turn():
    text = render(CONVERSATIONS["system and question"], named_template("gemma"))
    assert text == ("<bos><start_of_turn>user\nSchema: t(a)\n\nHow many?<end_of_turn>\n<start_of_turn>model\n")


def test_a_template_that_drops_the_system_message_gets_it_in_the_first_user_turn():
    source = "{% for m in messages %}{% if m.role != 'system' %}[{{ m.content }}]{% endif %}{% endfor %}"
    assert render([S("s"), U("u")], ChatTemplate("drops", source)) == "[s\n\nu]"


def test_neighbours_of_one_role_are_joined_where_roles_must_alternate():
    text = render([U("one"), U("two")], named_template("llama-2"))
    assert text == "<s>[INST] one\n\ntwo [/INST]"


def test_a_template_that_takes_no_form_is_an_error_with_its_reason():
    with pytest.raises(ConfigError, match="no way"):
        render([U("u")], ChatTemplate("none", "{{ raise_exception('no way') }}"))


def test_a_template_that_is_not_jinja_is_an_error():
    with pytest.raises(ConfigError, match="not valid Jinja"):
        render([U("u")], ChatTemplate("broken", "{% for %}"))


@pytest.mark.parametrize("attack", ["{{ ''.__class__.__mro__ }}", "{{ messages.append(1) }}"])
def test_a_template_cannot_leave_the_sandbox(attack):
    with pytest.raises(ConfigError, match=r"unsafe|not safe"):
        render([U("u")], ChatTemplate("evil", attack))


def test_spans_come_from_growth_where_a_template_has_no_generation_tag():
    source = (
        "{% for m in messages %}<{{ m.role }}>{{ m.content }};\n{% endfor %}"
        "{% if add_generation_prompt %}<assistant>{% endif %}"
    )
    rendered = render_chat_spans(CONVERSATIONS["no system"], ChatTemplate("plain", source))
    assert [rendered.text[a:b] for a, b in rendered.spans] == ["SELECT 1;", "SELECT 2;"]


def test_a_template_that_rewrites_earlier_turns_gives_no_spans():
    source = "{% for m in messages %}{% if loop.last %}{{ m.content }}{% else %}.{% endif %}{% endfor %}"
    with pytest.raises(ConfigError, match="rewrites earlier turns"):
        render_chat_spans(CONVERSATIONS["no system"], ChatTemplate("forgets", source))


def test_an_own_template_wins_unless_a_name_is_given(tmp_path):
    config = {"chat_template": "own {{ messages[0].content }}", "bos_token": {"content": "<B>"}, "eos_token": "<E>"}
    (tmp_path / "tokenizer_config.json").write_text(json.dumps(config))
    own = resolve_template(tmp_path)
    assert (own.source, own.bos_token, own.stops) == (config["chat_template"], "<B>", ("<E>",))
    named = resolve_template(tmp_path, "llama2")
    assert render([U("u")], named) == "<B>[INST] u [/INST]"
    assert named.stops == ("<E>", "</s>")


def test_a_template_file_wins_over_the_config(tmp_path):
    (tmp_path / "tokenizer_config.json").write_text(json.dumps({"chat_template": "config"}))
    (tmp_path / "chat_template.jinja").write_text("file")
    assert load_chat_template(tmp_path) == "file"


def test_of_several_templates_the_default_is_taken():
    config = {"chat_template": [{"name": "tool_use", "template": "t"}, {"name": "default", "template": "d"}]}
    assert resolve_template(config).source == "d"


def test_no_template_and_no_name_lists_the_names(tmp_path):
    (tmp_path / "tokenizer_config.json").write_text("{}")
    with pytest.raises(ConfigError, match=r"template=llama-2.*mistral"):
        resolve_template(tmp_path)
    with pytest.raises(ConfigError, match="mistral"):
        resolve_template(tmp_path, "mistrl")
    with pytest.raises(NotFoundError):
        resolve_template(tmp_path / "nowhere")


TOKENIZERS = {"llama-2": "llama-2", "codellama": "codellama", "mistral": "mistral-7b-instruct-v0.2"}


@pytest.mark.shared
@pytest.mark.parametrize("conversation", CONVERSATIONS.values(), ids=CONVERSATIONS.keys())
@pytest.mark.parametrize(("name", "folder"), TOKENIZERS.items())
def test_real_tokenizers_read_bos_and_eos_as_single_tokens(shared, name, folder, conversation):
    from tokenizers import Tokenizer

    folder = shared / "data/tokenizers" / folder
    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    template = resolve_template(folder, name)
    text = render(conversation, template)
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert ids[0] == tokenizer.token_to_id("<s>")
    assert ids.count(tokenizer.token_to_id("<s>")) == text.count("<s>")
    assert (
        ids.count(tokenizer.token_to_id("</s>"))
        == text.count("</s>")
        == sum(m.role == "assistant" for m in conversation)
    )
    if name == "mistral":
        assert ids.count(tokenizer.token_to_id("<s>")) == 1


@pytest.mark.shared
@pytest.mark.parametrize(("name", "folder"), TOKENIZERS.items())
def test_prompt_tokens_are_the_first_tokens_of_the_training_row(shared, name, folder):
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(shared / "data/tokenizers" / folder / "tokenizer.json"))
    template = named_template(name)
    for messages in (CONVERSATIONS["answered"], CONVERSATIONS["no system"]):
        prompt = tokenizer.encode(
            render_chat(messages[:-1], template, add_generation_prompt=True), add_special_tokens=False
        ).ids
        row = tokenizer.encode(render_chat(messages, template), add_special_tokens=False).ids
        assert row[: len(prompt)] == prompt


@pytest.mark.shared
@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_transformers_renders_and_tokenizes_the_same(shared, name):
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(shared / "data/tokenizers" / TOKENIZERS.get(name, "llama-2"))
    template = named_template(name)
    tokenizer.chat_template = template.source
    tokenizer.bos_token = template.bos_token or tokenizer.bos_token
    tokenizer.eos_token = template.eos_token
    for messages in CONVERSATIONS.values():
        if name == "gemma" and messages[0].role == "system":
            continue  # transformers raises where we fold
        rows = [m.to_dict() for m in messages]
        question = messages[-1].role == "user"
        expected = tokenizer.apply_chat_template(rows, tokenize=False, add_generation_prompt=question)
        text = render_chat(messages, template, add_generation_prompt=question)
        assert text == expected
        ids = tokenizer.apply_chat_template(rows, add_generation_prompt=question, return_dict=True)["input_ids"]
        assert tokenizer(text, add_special_tokens=False)["input_ids"] == ids


@pytest.mark.shared
def test_every_public_template_renders_as_in_transformers(shared):
    utils = pytest.importorskip("transformers.utils.chat_template_utils")
    compared = 0
    for path in sorted((shared / "data/chat-templates").rglob("*.jinja")):
        source = path.read_text(encoding="utf-8")
        for messages in CONVERSATIONS.values():
            question = messages[-1].role == "user"
            tokens = {"bos_token": "<s>", "eos_token": "</s>"}
            rows = [m.to_dict() for m in messages]
            try:
                expected = utils.render_jinja_template(
                    [rows], chat_template=source, add_generation_prompt=question, **tokens
                )[0][0]
            except Exception:  # noqa: BLE001  (where transformers fails, we fold or say why)
                continue
            if any(m.role == "system" and m.content not in expected for m in messages):
                continue
            assert render(messages, ChatTemplate(path.stem, source, **tokens)) == expected
            compared += 1
    assert compared > 400


@pytest.mark.shared
def test_spans_are_those_of_transformers_assistant_mask(shared):
    transformers = pytest.importorskip("transformers")
    tokenizer = transformers.AutoTokenizer.from_pretrained(shared / "data/tokenizers/llama-2")
    template = named_template("llama-2")
    tokenizer.chat_template = template.source
    rendered = render_chat_spans(CONVERSATIONS["no system"], template)
    encoded = tokenizer(rendered.text, add_special_tokens=False, return_offsets_mapping=True)
    mask = [int(any(a < end and b > start for start, end in rendered.spans)) for a, b in encoded["offset_mapping"]]
    rows = [m.to_dict() for m in CONVERSATIONS["no system"]]
    both = tokenizer.apply_chat_template(rows, return_dict=True, return_assistant_tokens_mask=True)
    assert mask == both["assistant_masks"]


@pytest.mark.shared
def test_public_templates_of_many_families_render_a_question_with_its_schema(shared):
    folder = shared / "data/chat-templates"
    refused = {}
    for path in sorted(folder.rglob("*.jinja")):
        template = ChatTemplate(path.stem, path.read_text(encoding="utf-8"), "<s>", "</s>")
        try:
            text = render(CONVERSATIONS["system and question"], template)
        except ConfigError as error:
            refused[path.relative_to(folder).as_posix()] = error.message
            continue
        assert "Schema: t(a)" in text
        assert "How many?" in text
    assert len(refused) <= 6, refused  # those that need tool definitions
