"""The TEMPLATE of a Modelfile writes what the chat template writes, or is not written."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from dataclasses import replace

import pytest

from sqlwright.core import ConfigError, Message
from sqlwright.prompts.chat import render_chat
from sqlwright.prompts.templates import TEMPLATE_NAMES, ChatTemplate, named_template
from sqlwright.training.export.ollama import begins_with_bos, modelfile, trims, turn_format

TALK = [
    Message("system", "Answer with SQL.\n\nCREATE TABLE t (a INTEGER); -- {{ braces }}"),
    Message("user", "How many rows?"),
    Message("assistant", "SELECT COUNT(*) FROM t"),
    Message("user", "And with a > 3?\nThanks."),
]
TALKS = (TALK, TALK[1:], TALK[:2], TALK[1:2])

GO = """
package main

import ("encoding/json"; "os"; "strings"; "text/template")

type Message struct { Role, Content string }

// As Ollama calls it: https://github.com/ollama/ollama/blob/main/template/template.go
func main() {
    var in struct { Template string; Talks [][]Message }
    if err := json.NewDecoder(os.Stdin).Decode(&in); err != nil { panic(err) }
    t := template.Must(template.New("").Option("missingkey=zero").Parse(in.Template))
    texts := []string{}
    for _, talk := range in.Talks {
        system := []string{}
        messages := []*Message{}
        for i := range talk {
            if talk[i].Role == "system" { system = append(system, talk[i].Content) }
            messages = append(messages, &talk[i])
        }
        var b strings.Builder
        values := map[string]any{"System": strings.Join(system, "\\n\\n"), "Messages": messages, "Response": ""}
        if err := t.Execute(&b, values); err != nil { panic(err) }
        texts = append(texts, b.String())
    }
    json.NewEncoder(os.Stdout).Encode(texts)
}
"""


def expected(talk, template):
    text = render_chat(talk, template, add_generation_prompt=True)
    return text.removeprefix(template.bos_token) if begins_with_bos(template) else text


@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_every_named_template_has_the_turns_of_its_jinja(name):
    template = named_template(name)
    found = turn_format(template)
    assert [found.render(talk) for talk in TALKS] == [expected(talk, template) for talk in TALKS]


@pytest.fixture(scope="module")
def renderer(tmp_path_factory):
    """Go's own text/template, compiled once."""
    if shutil.which("go") is None:
        pytest.skip("no Go compiler on the PATH")
    folder = tmp_path_factory.mktemp("go")
    (folder / "main.go").write_text(GO)
    program = folder / "render"
    subprocess.run(["go", "build", "-o", program, folder / "main.go"], check=True, cwd=folder)
    return program


@pytest.mark.slow
@pytest.mark.parametrize("name", TEMPLATE_NAMES)
def test_go_renders_the_template_as_jinja_does(name, renderer):
    template = named_template(name)
    given = {
        "Template": turn_format(template).go_template(),
        "Talks": [[{"Role": m.role, "Content": m.content} for m in talk] for talk in TALKS],
    }
    done = subprocess.run([renderer], input=json.dumps(given), capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == [expected(talk, template) for talk in TALKS]


def test_a_modelfile_names_weights_stops_and_parameters():
    text = modelfile(named_template("chatml"), "model.gguf", 32_768)
    lines = text.splitlines()
    assert lines[0] == "FROM ./model.gguf"
    assert 'PARAMETER stop "<|im_end|>"' in lines
    assert "PARAMETER temperature 0" in lines
    assert "PARAMETER num_ctx 8192" in lines
    assert re.search(r'TEMPLATE """(.+?)"""', text, re.DOTALL)[1] == turn_format(named_template("chatml")).go_template()
    assert "num_ctx 512" in modelfile(named_template("chatml"), "model.gguf", 512)


def test_a_template_that_trims_is_told_in_a_comment():
    assert trims(named_template("llama-3"))
    assert not trims(named_template("chatml"))
    assert "send them trimmed" in modelfile(named_template("llama-3"), "model.gguf", 4096)


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{% for m in messages %}{{ m.role }}: {{ m.content | upper }}\n{% endfor %}", "come out differently"),
        ("{% for m in messages %}{{ loop.index }} {{ m.content }}\n{% endfor %}", "come out differently"),
        ("{% for m in messages %}{{ m.content }}|{{ m.content }}\n{% endfor %}", "left out, repeated or moved"),
        ("{% for m in messages %}{{ m.content | replace('SELECT', 'select') }}\n{% endfor %}", "come out differently"),
        ('{% for m in messages %}{{ \'"""\' }}{{ m.content }}\n{% endfor %}', "three quotes"),
    ],
)
def test_what_ollama_cannot_say_is_refused_with_the_reason(source, reason):
    template = ChatTemplate("odd", source)
    with pytest.raises(ConfigError, match=reason) as caught:
        modelfile(template, "model.gguf", 4096)
    assert "--jinja" in caught.value.hint


def test_braces_of_a_template_stay_text():
    template = ChatTemplate("braces", "{% for m in messages %}{{ '{{' }} {{ m.content }} }}\n{% endfor %}")
    assert '{{ "{{" }}' in turn_format(template).go_template()


def test_a_bos_token_that_opens_every_turn_is_written_by_the_template():
    """SmolLM2's is <|im_start|>: a reader that put it before the prompt would write it twice."""
    opens_turns = replace(named_template("chatml"), bos_token="<|im_start|>")
    assert not begins_with_bos(opens_turns)
    assert turn_format(opens_turns).render(TALK[1:2]) == render_chat(TALK[1:2], opens_turns, add_generation_prompt=True)
    assert begins_with_bos(named_template("llama-3"))
