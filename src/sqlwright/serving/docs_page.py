"""The API's OpenAPI document as one HTML page, which fetches nothing."""

from __future__ import annotations

import html
import json
from typing import Any

POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # of the page, whatever a name may hold


def docs_page(document: dict[str, Any]) -> str:
    parts = []
    for path, methods in document["paths"].items():
        for method, about in methods.items():
            parts.append(f"<h2>{_text(method.upper())} {_text(path)}</h2><p>{_text(about['summary'])}</p>")
            parts.append(f"<p>{_text(about.get('description', ''))}</p>")
            if body := about.get("requestBody"):
                schema = _resolved(body["content"]["application/json"]["schema"], document)
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


def _resolved(schema: Any, document: dict[str, Any]) -> Any:
    """`schema` with what its references name in their place."""
    if isinstance(schema, list):
        return [_resolved(item, document) for item in schema]
    if not isinstance(schema, dict):
        return schema
    if "$ref" in schema:
        return _resolved(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    return {key: _resolved(value, document) for key, value in schema.items() if key != "title"}


def _text(text: str) -> str:
    return html.escape(text)
