"""An Ollama Modelfile whose TEMPLATE writes the text that the model was trained on.

Ollama renders with Go's text/template, https://docs.ollama.com/modelfile. A Jinja chat template is not translated:
its text is taken apart at known contents, which gives the few strings that stand between them, and a Go template of
one fixed shape puts these strings back. What that shape cannot express is found by rendering and refused.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

from ...core import ConfigError, Message
from ...core.message import Role
from ...prompts.chat import answer_stops, render_chat
from ...prompts.templates import ChatTemplate

MAX_CONTEXT_TOKENS = 8192  # more is set by hand, since Ollama reserves its memory
_TURNS: tuple[Role, ...] = ("user", "assistant", "user", "assistant", "user")
# Contents that a template could treat in a way of its own: line breaks, tags, braces, other scripts, digits alone.
_PROBES = (
    ("How many?", "SELECT 1"),
    ("Line one\nline two\n\nline four", "SELECT '{{ x }}' FROM \"t\""),
    ("<b> & 'quotes' \\ %}", "```sql\nSELECT 1;\n```"),
    ("有多少歌手？", "SELECT 名称 FROM 歌手"),
    ("7", "0"),
)


@dataclass(frozen=True, slots=True)
class TurnFormat:
    """The strings between the contents of a conversation in which user and assistant alternate.

    `head` opens one without a system message, `system_head` and `system_tail` stand around the system text of one
    that has it. `ask` follows a question, as the generation prompt writes it; `answer_head` stands between it and an
    answer that is there already. A leading bos token is in none of them: the file says that the reader puts it there.
    """

    head: str
    system_head: str
    system_tail: str
    ask: str
    answer_head: str
    assistant_to_user: str

    def render(self, messages: Sequence[Message]) -> str:
        """As the Go template of `go_template` does."""
        system = next((m.content for m in messages if m.role == "system"), "")
        text = self.system_head + system + self.system_tail if system else self.head
        turns = [m for m in messages if m.role != "system"]
        for turn in turns:
            if turn.role == "user":
                text += turn.content + self.ask
            else:
                text += self.answer_head + turn.content + ("" if turn is turns[-1] else self.assistant_to_user)
        return text

    def go_template(self) -> str:
        """For Ollama's variables .System and .Messages, of which a last assistant message is left open."""
        head, system_head, system_tail, ask, answer_head, to_user = (
            _go_text(getattr(self, f.name)) for f in fields(self)
        )
        return (
            f"{{{{ if .System }}}}{system_head}{{{{ .System }}}}{system_tail}{{{{ else }}}}{head}{{{{ end }}}}"
            "{{ range $i, $m := .Messages }}"
            f'{{{{ if eq .Role "user" }}}}{{{{ .Content }}}}{ask}'
            f'{{{{ else if eq .Role "assistant" }}}}{answer_head}{{{{ .Content }}}}'
            f"{{{{ if lt 1 (len (slice $.Messages $i)) }}}}{to_user}{{{{ end }}}}"
            "{{ end }}{{ end }}"
        )


def turn_format(template: ChatTemplate) -> TurnFormat:
    """The format of `template`. Raises ConfigError, with the reason, where it has none that renders the same text."""
    marks = [f"\x02{i}\x03" for i in range(len(_TURNS) + 1)]
    turns = [Message(role, mark) for role, mark in zip(_TURNS, marks[1:], strict=True)]
    plain = _between(_text(turns, template), marks[1:])
    with_system = _between(_text([Message("system", marks[0]), *turns], template), marks)
    history, ask = plain[1], plain[-1]
    if not history.startswith(ask):
        raise _inexpressible("it writes an earlier answer otherwise than the one to come")
    found = TurnFormat(plain[0], with_system[0], with_system[1], ask, history[len(ask) :], plain[2])
    for messages in _conversations():
        expected = _text(messages, template)
        if found.render(messages) != expected:
            roles = ", ".join(m.role for m in messages)
            raise _inexpressible(f"the turns {roles} come out differently")
    return found


def modelfile(template: ChatTemplate, weights: str, context_tokens: int) -> str:
    """The file's text, for weights in the file `weights` beside it. Raises ConfigError as `turn_format` does."""
    text = turn_format(template).go_template()
    quoted = [_quoted(stop) for stop in answer_stops(template)]
    lines = [
        f"FROM ./{weights}",
        f"TEMPLATE {_quoted(text)}",
        *(f"PARAMETER stop {stop}" for stop in quoted),
        "# Greedy, and without Ollama's own penalty on repeating a name, which SQL does all the time.",
        "PARAMETER temperature 0",
        "PARAMETER repeat_penalty 1",
        "# Ollama cuts the beginning off a prompt that is longer, and the schema with it.",
        f"PARAMETER num_ctx {min(context_tokens, MAX_CONTEXT_TOKENS)}",
    ]
    if trims(template):
        lines.insert(1, "# The chat template trims blanks around a message; Ollama's cannot, so send them trimmed.")
    return "\n".join(lines) + "\n"


def trims(template: ChatTemplate) -> bool:
    """Whether blanks around a message are lost."""
    return "  u  \n" not in render_chat([Message("user", "  u  \n")], template, add_generation_prompt=True)


def begins_with_bos(template: ChatTemplate) -> bool:
    """Whether a prompt begins with the bos token, which GGUF files have the reader put there.

    A token that opens every turn, as SmolLM2's bos token does, is part of the text: no reader puts it there.
    """
    text = render_chat([Message("user", "u")], template, add_generation_prompt=True)
    return bool(template.bos_token) and text.startswith(template.bos_token) and text.count(template.bos_token) == 1


def _text(messages: Sequence[Message], template: ChatTemplate) -> str:
    text = render_chat(messages, template, add_generation_prompt=True)
    if not begins_with_bos(template):
        return text
    if not text.startswith(template.bos_token):
        raise _inexpressible("only some conversations begin with the bos token")
    return text.removeprefix(template.bos_token)


def _between(text: str, marks: Sequence[str]) -> list[str]:
    """The strings before, between and after `marks`, each of which has to stand there once and in order."""
    pieces = []
    for mark in marks:
        before, found, text = text.partition(mark)
        if not found or mark in text:
            raise _inexpressible("a message is left out, repeated or moved")
        pieces.append(before)
    return [*pieces, text]


def _conversations() -> list[list[Message]]:
    """One, three and five turns, each with and without a system message."""
    found = []
    for i, (question, answer) in enumerate(_PROBES):
        turns = [
            Message(role, question if role == "user" else answer) if n < 2 else Message(role, f"{role} {n} {question}")
            for n, role in enumerate(_TURNS)
        ]
        system = Message("system", f"Answer with SQL.\n\nCREATE TABLE t{i} (a INTEGER); -- {question}")
        for length in (1, 3, 5):
            found += [turns[:length], [system, *turns[:length]]]
    return found


def _go_text(text: str) -> str:
    """Text in a Go template stands for itself; braces that would open an action are written as a string."""
    return text.replace("{{", '{{ "{{" }}')


def _quoted(text: str) -> str:
    """As a Modelfile reads it: in quotes, three where it has several lines or quotes, and without escapes."""
    if '"' not in text and "\n" not in text:
        return f'"{text}"'
    if '"""' in text or text.endswith('"'):
        raise _inexpressible("it holds three quotes in a row or ends in one")
    return f'"""{text}"""'


def _inexpressible(reason: str) -> ConfigError:
    return ConfigError(
        f"The chat template has no equal in Ollama's template language: {reason}.",
        "Serve the GGUF with llama.cpp's server and --jinja, which renders the chat template itself.",
    )
