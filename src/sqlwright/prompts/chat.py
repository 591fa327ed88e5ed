"""Messages to the one text a model reads, by a Jinja chat template in the environment that transformers uses.

A template is code from a model's author: it runs in jinja2's immutable sandbox. Some templates refuse a system role,
drop it silently, or want user and assistant to alternate; `render_chat` then folds the system text into the first
user turn.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from ..core import ConfigError, Message
from .templates import ChatTemplate

if TYPE_CHECKING:
    from jinja2 import Template

# Around what the model writes, while tracking. Random, so that no message can hold it.
_OPEN, _CLOSE = (f"\x02{secrets.token_hex(12)}{end}" for end in "<>")


@dataclass(frozen=True, slots=True)
class RenderedChat:
    """`spans` are (start, end) character offsets in `text` of what the assistant wrote, end of turn included."""

    text: str
    spans: tuple[tuple[int, int], ...]


def render_chat(
    messages: Sequence[Message],
    template: ChatTemplate,
    *,
    add_generation_prompt: bool = False,
    tools: Sequence[Mapping[str, Any]] | None = None,
    **variables: Any,
) -> str:
    """The text of a conversation. `variables` are what else a template asks for, such as `enable_thinking=False`.

    The text holds the bos token where the template writes it: tokenize with add_special_tokens=False.
    Raises ConfigError where the template takes the messages in no form.
    """
    return _render_fitting(messages, template, add_generation_prompt, tools, variables)[0]


def render_chat_spans(messages: Sequence[Message], template: ChatTemplate, **variables: Any) -> RenderedChat:
    """The text of a whole conversation, and where the assistant's turns stand in it: the labels of training.

    From the template's own `{% generation %}` tags, else from the growth of the text turn by turn. Raises ConfigError
    where a template without tags rewrites earlier turns, since no label would then match what the model is asked.
    """
    text, fitting = _render_fitting(messages, template, False, None, variables)
    marked = _render(fitting, template, True, False, None, variables)
    if _OPEN in marked and marked.replace(_OPEN, "").replace(_CLOSE, "") == text:
        return RenderedChat(text, _marked_spans(marked))
    return RenderedChat(text, tuple(_grown_spans(fitting, template, text, variables)))


def answer_stops(template: ChatTemplate) -> tuple[str, ...]:
    """The texts that end an answer: the template's, and the end of turn that it writes after one."""
    probe = secrets.token_hex(8)
    messages = [Message("system", "s"), Message("user", "u"), Message("assistant", probe)]
    end = render_chat(messages, template).partition(probe)[2].strip()
    return tuple(dict.fromkeys(s for s in (*template.stops, end) if s))


def fold_system(messages: Sequence[Message]) -> list[Message]:
    """The same conversation for a model without a system role: its text stands first in the first user turn.

    Neighbours of one role become one message.
    """
    folded: list[Message] = []
    for message in messages:
        role = "user" if message.role == "system" else message.role
        if folded and folded[-1].role == role:
            folded[-1] = Message(role, f"{folded[-1].content}\n\n{message.content}")
        else:
            folded.append(Message(role, message.content))
    return folded


def _render_fitting(
    messages: Sequence[Message],
    template: ChatTemplate,
    add_generation_prompt: bool,
    tools: Sequence[Mapping[str, Any]] | None,
    variables: Mapping[str, Any],
) -> tuple[str, Sequence[Message]]:
    """The text, and the messages in the form the template took."""
    from jinja2 import TemplateError

    problem = ""
    for fitting in (messages, fold_system(messages)):
        try:
            text = _render(fitting, template, False, add_generation_prompt, tools, variables)
        except (TemplateError, TypeError) as error:  # what templates raise on purpose, or meet in a role they ignore
            problem = problem or str(error)
            continue
        if all(m.content.strip() in text for m in fitting if m.role == "system"):
            return text, fitting
        problem = problem or "it leaves out the system message"
    roles = ", ".join(m.role for m in messages)
    raise ConfigError(
        f"Chat template {template.name!r} does not take these turns ({roles}): {problem}", "Pass template=NAME."
    )


def _render(
    messages: Sequence[Message],
    template: ChatTemplate,
    track: bool,
    add_generation_prompt: bool,
    tools: Sequence[Mapping[str, Any]] | None,
    variables: Mapping[str, Any],
) -> str:
    return _compile(template.source, track).render(
        messages=[m.to_dict() for m in messages],
        tools=tools,
        documents=None,
        add_generation_prompt=add_generation_prompt,
        bos_token=template.bos_token,
        eos_token=template.eos_token,
        **variables,
    )


def _marked_spans(marked: str) -> tuple[tuple[int, int], ...]:
    spans, length = [], 0
    for piece in marked.split(_OPEN):
        inside, closed, after = piece.partition(_CLOSE)
        if closed:
            spans.append((length, length + len(inside)))
        length += len(inside) + len(after)
    return tuple(spans)


def _grown_spans(
    messages: Sequence[Message], template: ChatTemplate, text: str, variables: Mapping[str, Any]
) -> list[tuple[int, int]]:
    spans = []
    for i, message in enumerate(messages):
        if message.role != "assistant":
            continue
        before = _render(messages[:i], template, False, True, None, variables)
        whole = _render(messages[: i + 1], template, False, False, None, variables)
        if not (text.startswith(whole.rstrip()) and whole.startswith(before)):
            raise ConfigError(
                f"Chat template {template.name!r} rewrites earlier turns and does not mark the assistant's.",
                "Pass template=NAME of one that does, or train on single turns.",
            )
        spans.append((len(before), len(whole.rstrip())))
    return spans


@lru_cache(maxsize=64)
def _compile(source: str, track: bool) -> Template:
    """The environment of transformers' apply_chat_template: https://huggingface.co/docs/transformers/chat_templating"""
    from jinja2 import TemplateError, nodes
    from jinja2.ext import Extension, loopcontrols
    from jinja2.parser import Parser
    from jinja2.sandbox import ImmutableSandboxedEnvironment

    class Generation(Extension):
        """`{% generation %}` is transparent, or leaves its marks while tracking."""

        tags = {"generation"}  # noqa: RUF012  (jinja2's own declaration)

        def parse(self, parser: Parser) -> nodes.Node:
            line = next(parser.stream).lineno
            body = parser.parse_statements(("name:endgeneration",), drop_needle=True)
            return nodes.CallBlock(self.call_method("wrap"), [], [], body).set_lineno(line)

        def wrap(self, caller: Any) -> str:
            return f"{_OPEN}{caller()}{_CLOSE}" if track else str(caller())

    def raise_exception(message: str) -> None:
        raise TemplateError(message)

    def tojson(value: Any, ensure_ascii: bool = False, indent: int | None = None, **options: Any) -> str:
        allowed = {k: v for k, v in options.items() if k in ("separators", "sort_keys")}
        return json.dumps(value, ensure_ascii=ensure_ascii, indent=indent, **allowed)  # jinja2's own escapes HTML

    environment = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[Generation, loopcontrols]
    )
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = lambda form: datetime.now().strftime(form)
    try:
        return environment.from_string(source)
    except TemplateError as error:
        raise ConfigError(f"The chat template is not valid Jinja: {error}") from error
