from __future__ import annotations

import ast
import re
import textwrap
from pathlib import Path

import pytest

from sqlwright.prompts import PRESETS


def reference(shared: Path, number: str) -> str:
    return next((shared / "references").glob(f"{number}_*.txt")).read_text(encoding="utf-8")


@pytest.mark.shared
def test_llama2_sql_is_letter_for_letter_its_source(shared):
    text = reference(shared, "000")
    system = re.search(r"system_prompt = (\(.*?\n\s*\))\n", text, re.DOTALL)
    user = re.search(r"user_prompt = (\".*\")", text)
    assert PRESETS["llama2-sql"].system == ast.literal_eval(system[1])
    renamed = ast.literal_eval(user[1]).replace("{instruction}", "{question}").replace("{input}", "{schema}")
    assert PRESETS["llama2-sql"].user == renamed


@pytest.mark.shared
def test_gretel_context_is_letter_for_letter_its_source(shared):
    text = reference(shared, "001")
    assert PRESETS["gretel-context"].system == re.search(r'default_system_prompt="(.*)"', text)[1]
    order = re.search(r"question\[0\] \+ '(.*)'\)", text)[1]
    assert PRESETS["gretel-context-untuned"].user == PRESETS["gretel-context"].user + order


@pytest.mark.shared
def test_schema_dialogue_is_letter_for_letter_its_source(shared):
    text = reference(shared, "004").replace("\r\n", "\n")
    block = re.search(r'prompt = f("""You are.*?""")', text, re.DOTALL)[1]
    listed = "\n".join(line.removeprefix("   ") for line in block.split("\n"))  # a Markdown list item
    assert PRESETS["schema-dialogue"].system == ast.literal_eval(textwrap.dedent(listed))


@pytest.mark.parametrize("preset", PRESETS.values(), ids=PRESETS.keys())
def test_a_preset_asks_for_nothing_but_schema_dialect_and_question(preset):
    text = preset.system + preset.user + preset.follow_up
    assert set(re.findall(r"\{(\w*)\}", text)) <= {"schema", "dialect", "question"}
    assert (preset.system + preset.user).count("{schema}") == 1
