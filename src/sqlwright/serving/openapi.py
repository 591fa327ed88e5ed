"""The API's description as an OpenAPI document, and as a page that fetches nothing."""

from __future__ import annotations

import html
import json
from collections.abc import Sequence
from typing import Any

_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
            "required": ["message", "type", "param", "code"],
        }
    },
    "required": ["error"],
}
_MESSAGE = {
    "type": "object",
    "properties": {
        "role": {"type": "string", "enum": ["system", "developer", "user", "assistant"]},
        "content": {"type": "string"},
    },
    "required": ["role", "content"],
}
_COMPLETION = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "object": {"type": "string", "const": "chat.completion"},
        "created": {"type": "integer"},
        "model": {"type": "string"},
        "choices": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {
                    "index": {"type": "integer"},
                    "message": {
                        "type": "object",
                        "properties": {
                            "role": {"type": "string", "const": "assistant"},
                            "content": {"type": "string"},
                            "metadata": {
                                "type": "object",
                                "description": "The receipt, where the model's name ends in a database: "
                                "status, sql, result, notes, confidence, timings and more.",
                            },
                        },
                    },
                    "finish_reason": {"type": "string", "enum": ["stop", "length"]},
                },
            },
        },
        "usage": {
            "type": "object",
            "properties": {n: {"type": "integer"} for n in ("prompt_tokens", "completion_tokens", "total_tokens")},
        },
    },
}


def describe(models: Sequence[str]) -> dict[str, Any]:
    """The document; `models` are the names that can be asked here."""
    from .. import __version__

    return {
        "openapi": "3.1.0",
        "info": {
            "title": "sqlwright",
            "version": __version__,
            "description": "Ask a database in plain language, with any OpenAI client. Streamable-HTTP MCP is at /mcp.",
        },
        "paths": {
            "/v1/chat/completions": {
                "post": {
                    "summary": "Ask a question, or a model.",
                    "description": "MODEL:DATABASE takes a question and answers it from the database, with the receipt "
                    "in message.metadata. The bare MODEL takes messages and gives its text. With stream, server-sent "
                    "events of chat.completion.chunk, then [DONE].",
                    "requestBody": {"required": True, "content": _json(_request(models))},
                    "responses": {"200": _reply("The answer.", _COMPLETION), **_errors()},
                }
            },
            "/v1/models": {"get": {"summary": "The names to ask.", "responses": _ok("A list of models.")}},
            "/v1/models/{name}": {
                "get": {
                    "summary": "One of them.",
                    "parameters": [
                        {"name": "name", "in": "path", "required": True, "schema": {"type": "string"}},
                    ],
                    "responses": {**_ok("The model."), "404": _reply("No such model.", _ERROR)},
                }
            },
            "/health": {
                "get": {"summary": "Whether the server answers.", "security": [], "responses": _ok("It does.")}
            },
        },
        "components": {"securitySchemes": {"token": {"type": "http", "scheme": "bearer"}}},
        "security": [{}, {"token": []}],
    }


def page(document: dict[str, Any]) -> str:
    """The document for a person, as one HTML page."""
    parts = []
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            parts.append(f"<h2>{_text(method.upper())} {_text(path)}</h2><p>{_text(about['summary'])}</p>")
            parts.append(f"<p>{_text(about.get('description', ''))}</p>")
            if body := about.get("requestBody"):
                schema = body["content"]["application/json"]["schema"]
                parts.append(f"<pre>{_text(json.dumps(schema, ensure_ascii=False, indent=2))}</pre>")
    info = document["info"]
    style = (
        "body{font:16px/1.5 system-ui,sans-serif;max-width:52rem;margin:2rem auto;padding:0 1rem}"
        "pre{overflow:auto;padding:1rem;border:1px solid}:root{color-scheme:light dark}"
    )
    return (
        f"<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>"
        f"<title>{_text(info['title'])}</title><style>{style}</style>"
        f"<h1>{_text(info['title'])} {_text(info['version'])}</h1><p>{_text(info['description'])}</p>"
        f"{''.join(parts)}<p><a href=openapi.json>openapi.json</a></p></html>"
    )


def _request(models: Sequence[str]) -> dict[str, Any]:
    number, whole = {"type": "number"}, {"type": "integer"}
    return {
        "type": "object",
        "required": ["model", "messages"],
        "properties": {
            "model": {"type": "string", "enum": list(models)},
            "messages": {"type": "array", "items": _MESSAGE, "minItems": 1},
            "stream": {"type": "boolean"},
            "stream_options": {"type": "object", "properties": {"include_usage": {"type": "boolean"}}},
            "temperature": number,
            "top_p": number,
            "top_k": whole,
            "n": whole,
            "seed": whole,
            "max_tokens": whole,
            "max_completion_tokens": whole,
            "stop": {"oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]},
        },
    }


def _errors() -> dict[str, Any]:
    causes = {
        "400": "The request is wrong; param names the field.",
        "401": "The token is missing or wrong.",
        "404": "No such model.",
        "413": "The request is too large.",
        "429": "Too many requests from this address.",
        "502": "The model's or the database's server does not answer.",
        "503": "Too many questions wait.",
        "504": "No answer within the time limit.",
    }
    return {status: _reply(text, _ERROR) for status, text in causes.items()}


def _ok(text: str) -> dict[str, Any]:
    return {"200": _reply(text, {"type": "object"})}


def _reply(text: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": text, "content": _json(schema)}


def _json(schema: dict[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _text(text: str) -> str:
    return html.escape(text)
