"""Wordings that a reader stumbles over, each with what to write instead: section 17 of the style guide as a check."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

# pattern: what to write instead
NOT_NEGATED = "longer|more|less|worse|different|fewer|doubt"  # is no longer ...
AVOID: dict[str, str] = {
    rf"(?<!there )(?<!There )\b(?:is|are|was|were) no (?!(?:{NOT_NEGATED})\b)(?:[a-z]+|key=value)\b": (
        "negate the verb: 'is not a ...', 'expected ...'"
    ),
    r"(?:^|(?<=[.:] ))(?:Read|Known|Let|Listed|Shown|Told|Asked) (?:are|is) [\w{]": "subject first",
    r"\bstands? (?:in for|beside|where|there|apart)\b": "is, is next to, replaces",
    r"\b(?:is|are) (?:there )?whole or not at all\b|\bnot at all or whole\b": "written atomically",
    r"\bis found out\b|\bis talked into\b": "name the actor: 'sqlwright warns ...'",
    r"\b(?:is|are|be) (?:asked|told) as (?:it|they) (?:was|were) taught\b": "inference uses the options of training",
    r"\b(?:is|are|was|were) had\b": "is available",
    r"\bcomes? of (?:it|this|that)\b|\bcame of (?:it|this|that)\b": "results from",
    r"\bmakes? it so\b": "causes",
    r"\bheld? (?:against|beside) the\b": "compared with the",
    r"\bthe whole road\b": "all steps",
    r"\bdice\b": "random generator, seed",
    r"\bby heart\b": "memorizes",
    r"\bnames nothing\b|\bholds nothing\b|\blimits nothing\b|\bsays nothing of\b": "is empty; does not measure",
    r"\bthe least that is needed\b": "the minimum",
    r"\bquantis|\bnormalis|\brecognis|\bsynthesis(?:e|ed|ing)\b": "American spelling",
}
_AVOID = {re.compile(pattern, re.MULTILINE): instead for pattern, instead in AVOID.items()}
_CODE = re.compile(r"^```.*?^```$|`[^`\n]+`", re.DOTALL | re.MULTILINE)


def stumbles(text: str) -> list[tuple[str, str]]:
    """(wording, what to write instead) of every match outside of code."""
    prose = _CODE.sub(lambda match: re.sub(r"[^\n]", "~", match[0]), text)
    return [(found[0], instead) for pattern, instead in _AVOID.items() for found in pattern.finditer(prose)]


def messages(source: str) -> Iterator[tuple[int, str]]:
    """(line, text) of the string literals with a space in a module, without docstrings: what people may read.

    The parts of an f-string are joined, with {} for its values.
    """
    tree = ast.parse(source)
    docstrings = {
        id(node.body[0].value)
        for node in ast.walk(tree)
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))
        and node.body
        and isinstance(node.body[0], ast.Expr)
    }
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            yield node.lineno, "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in docstrings | inside:
            yield node.lineno, node.value


def command_help(source: str) -> Iterator[tuple[int, str]]:
    """(line, docstring) of the functions that click makes commands of: their help."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef) and any(
            "command" in ast.unparse(d) or "group" in ast.unparse(d) for d in node.decorator_list
        ):
            yield node.lineno, ast.get_docstring(node) or ""


def read(path: Path) -> str:
    return path.read_text(encoding="utf-8")
