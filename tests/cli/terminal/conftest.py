"""A session on the small shop with a scripted model."""

from __future__ import annotations

import json

import pytest

from sqlwright.answering import AuditLog
from sqlwright.cli.terminal.session import Session
from sqlwright.serving import Service

SCRIPT = {
    "How many customers?": "SELECT COUNT(*) FROM customer",
    "Who lives in Oslo?": "SELECT name FROM customer WHERE city = 'Oslo'",
    "And in Paris?": "SELECT name FROM customer WHERE city = 'Paris'",
    "How many of each item?": "SELECT name, price FROM item",
    "All numbers?": "SELECT i FROM n",
    "Change it": "DELETE FROM customer",
}


@pytest.fixture
def session(shop, tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    script = tmp_path / "answers.jsonl"
    script.write_text("\n".join(json.dumps({"question": q, "text": sql}) for q, sql in SCRIPT.items()))
    with AuditLog(tmp_path / "log.db") as log:
        service = Service.open({"shop": str(shop)}, f"scripted:{script}", log=log)
        yield Session(service, service.connection("shop"))
        service.close()
