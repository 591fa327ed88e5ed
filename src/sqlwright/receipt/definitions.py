"""Which definitions and synonyms of meaning.yaml an answer uses, in words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..core import Dialect, Language, Note, Profile, Schema, SqlwrightError
from ..core.meaning import Definition, FiscalYear, Meant, Measure, NamedCondition, Synonym
from ..core.words import listed, say
from ..prompts import Prompt
from ..sql.describe import Query, conjuncts, parsed, tables_in

if TYPE_CHECKING:
    from sqlglot import exp


def definition_notes(query: Query, dialect: Dialect, prompt: Prompt, language: Language) -> Iterator[Note]:
    """One note for each definition that the question names, and one for the synonyms that the query reads.

    A definition counts as used where its expression is in the query, whatever aliases the tables have.
    """
    if not prompt.meant:
        return
    tree = parsed(query, dialect)
    if tree is None:
        return
    parts = {_plain(node) for node in _expressions(tree)}
    for item in dict.fromkeys(m.item for m in prompt.meant if isinstance(m.item, (Measure, NamedCondition))):
        code = "definition" if _is_used(item, parts, prompt, dialect) else "definition_unused"
        yield Note(code, say(code, language, name=item.name, expression=item.expression))
    words = list(dict.fromkeys(_synonyms(tree, prompt, language)))
    if words:
        yield Note("synonyms", say("synonyms", language, words=listed(words, language)))


def _synonyms(tree: exp.Expr, prompt: Prompt, language: Language) -> Iterator[str]:
    from sqlglot import exp

    read = {name.casefold() for name in tables_in(tree)}
    columns = {column.name.casefold() for column in tree.find_all(exp.Column)}
    texts = {literal.this for literal in tree.find_all(exp.Literal)}
    for found in prompt.meant:
        name = _meaning_of(found, read, columns, texts)
        if name:
            yield say("synonym", language, mention=found.mention, name=name)


def _meaning_of(found: Meant, tables: set[str], columns: set[str], texts: set[str]) -> str:
    """What a mention was read as; "" where the query does not use it."""
    item = found.item
    if isinstance(item, FiscalYear):
        return found.months
    if not isinstance(item, Synonym) or not {item.table.casefold(), item.table.split(".")[-1].casefold()} & tables:
        return ""
    if not item.column:
        return item.table
    if item.column.casefold() not in columns:
        return ""
    name = f"{item.table}.{item.column}"
    return name if item.value is None else f"{name} = {item.value}" if item.value in texts else ""


def _is_used(item: Definition, parts: set[str], prompt: Prompt, dialect: Dialect) -> bool:
    wanted = _wanted(item, prompt.schema, prompt.profile, prompt, dialect)
    return bool(wanted) and any(choice <= parts for choice in wanted)


def _wanted(
    item: Definition, schema: Schema, profile: Profile, prompt: Prompt, dialect: Dialect
) -> list[frozenset[str]]:
    """The sets of expressions of which one is in a query that uses the definition, as written and as rendered."""
    from sqlglot import exp

    from ..parser.definitions import checking_query
    from ..parser.to_sql import Reading, render_form

    texts = [f"SELECT {item.expression}"] if isinstance(item, Measure) else [f"SELECT 1 WHERE {item.expression}"]
    try:
        form = checking_query(item, schema, profile, prompt.meaning)
        texts.append(render_form(form, schema, reading=Reading.of(profile)))
    except (SqlwrightError, ValueError):
        pass  # a prompt may show a part of the schema only
    found = []
    for text in texts:
        tree = parsed(text, dialect)
        if not isinstance(tree, exp.Select):
            continue
        if isinstance(item, Measure):
            whole = tree.expressions[0]
            found.append(frozenset({_plain(whole)}))
            aggregates = list(whole.find_all(exp.AggFunc))
            found.append(frozenset(_plain(node) for node in aggregates))
            found += [frozenset({_plain(a.this)}) for a in aggregates if a.this and not isinstance(a.this, exp.Column)]
        elif where := tree.args.get("where"):
            found.append(frozenset(_plain(node) for node in conjuncts(where.this)))
    return [choice for choice in found if choice]


def _expressions(tree: exp.Expr) -> Iterator[exp.Expr]:
    from sqlglot import exp

    for node in tree.walk():
        if isinstance(node, exp.Condition) and not isinstance(node, (exp.Column, exp.Literal)):
            yield node


def _plain(node: exp.Expr) -> str:
    """An expression without tables, quotes, parentheses and letter case."""
    from sqlglot import exp

    copy = exp.Paren(this=node.copy())
    for column in list(copy.find_all(exp.Column)):
        column.replace(exp.column(exp.to_identifier(column.name.casefold())))
    for paren in list(copy.this.find_all(exp.Paren)):
        if paren.parent is not None:
            paren.replace(paren.this)
    text: str = copy.this.unnest().sql().casefold()
    return text
