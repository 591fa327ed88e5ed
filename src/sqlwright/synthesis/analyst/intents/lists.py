"""Questions for rows and for values of a column."""

from __future__ import annotations

from ....parser.form import Aggregated, ColumnRef, Compare, Literally, Nested, On, Select, TableRef
from ...concepts import ColumnConcept, TableConcept
from ...wording.english import plural
from ..asked import Asked
from ..asker import Asker, select
from ..clauses import all_of, equals, phrase
from ..conditions import any_clause, some_clauses


def count_rows(asker: Asker) -> Asked | None:
    table = asker.some(asker.tables())
    if table is None:
        return None
    clauses = some_clauses(asker, table)
    said = phrase(asker, table, clauses)
    text = asker.one_of(
        f"how many {said} are there | how many {said} | number of {said} | count of {said} | how many {said} do we have | count {said} | total number of {said}",
        f"有多少{table.classifier}{said} | 一共有多少{said} | {said}有多少{table.classifier} | {said}的数量 | 统计{said}的数量 | {said}总数",
    )
    return Asked(text, select(asker.count(table), where=all_of(*clauses)))


def list_rows(asker: Asker) -> Asked | None:
    table = asker.some(asker.tables(asker.names))
    if table is None:
        return None
    clauses = some_clauses(asker, table)
    if not clauses and asker.chance(0.8):
        clause = any_clause(asker, table)
        clauses = (clause,) if clause else ()
    said, outputs = phrase(asker, table, clauses), asker.names(table)
    columns = [
        c
        for c in asker.columns(table, "email", "phone", "category", "date", "money", "number", "code", "text")
        if not c.decoy
    ]
    if columns and asker.chance(0.3):
        extra = asker.rng.sample(columns, min(len(columns), asker.any([1, 1, 2])))
        names = [asker.word(c.words) for c in extra]
        refs = tuple(asker.column(table, c.column) for c in extra)
        if asker.chance(0.4):
            text = asker.one_of(
                f"{' and '.join(names)} of {said} | show the {' and '.join(names)} of all {said} | {', '.join(names)} of {said}",
                f"{said}的{'和'.join(names)} | 查询{said}的{'、'.join(names)}",
            )
            return Asked(text, select(*refs, where=all_of(*clauses)))
        text = asker.one_of(
            f"name and {' and '.join(names)} of {said} | list {said} with their {' and '.join(names)}",
            f"{said}的名称和{'、'.join(names)} | 列出{said}及其{'、'.join(names)}",
        )
        return Asked(text, select(*outputs, *refs, where=all_of(*clauses)))
    text = asker.one_of(
        f"{said} | show {said} | list all {said} | which {said} | {said} | give me all {said} | show me the {said} | all {said} | what are the {said} | list the {said}",
        f"{said} | 列出{said} | 有哪些{said} | 查询所有{said} | {said}有哪些 | 哪些是{said} | 显示{said}",
    )
    if (
        table.is_person
        and asker.chance(0.2)
        and clauses
        and clauses[0].after.startswith("who ")
        and not asker.chinese
        and len(clauses) == 1
    ):
        text = clauses[0].after
    return Asked(text, select(*outputs, where=all_of(*clauses)))


def lookup(asker: Asker) -> Asked | None:
    """A column of one row that is named: "email of Anna Smith", "who is the manager of Tom Fox"."""
    table = asker.some(asker.tables(lambda t: len(t.name_columns) == 1))
    if table is None:
        return None
    name = table.column(table.name_columns[0])
    value = asker.some(name.examples)
    if value is None:
        return None
    where = equals(asker, table, name, value)
    parents = [(c, p) for c, p in asker.parents(table) if p.name_columns]
    itself = [c for c in table.columns if c.role == "reference" and c.ref_table == table.table and asker.spoken(c)]
    if itself and asker.chance(0.5):
        return _boss(asker, table, asker.any(itself), name, value)
    if parents and asker.chance(0.35):
        reference, parent = asker.any(parents)
        if not asker.only_parent(reference, table):
            return None
        said = asker.noun(parent, one=True)
        text = asker.one_of(
            f"{said} of {value} | which {said} does {value} belong to | what is the {said} of {value}",
            f"{value}的{said} | {value}属于哪个{said}",
        )
        return Asked(text, select(*asker.names(parent), where=where))
    column = asker.some(
        asker.columns(table, "email", "phone", "category", "date", "money", "number", "code", "text", "url")
    )
    if column is None or column is name:
        return None
    said = asker.word(column.words)
    text = asker.one_of(
        f"{said} of {value} | what is the {said} of {value} | {value}'s {said} | {value} {said}",
        f"{value}的{said} | {value}的{said}是什么 | 查一下{value}的{said}",
    )
    return Asked(text, select(asker.column(table, column.column), where=where))


def _boss(asker: Asker, table: TableConcept, column: ColumnConcept, name: ColumnConcept, value: str) -> Asked:
    one, two = TableRef(table.table), TableRef(table.table, 2)
    said = asker.word(column.words)
    text = asker.one_of(
        f"who is the {said} of {value} | {said} of {value} | what is the {said} of {value}",
        f"{value}的{said}是谁 | {value}的{said}",
    )
    on = On(ColumnRef(one, column.column), ColumnRef(two, column.ref_column or table.key[0]))
    where = Compare("=", ColumnRef(one, name.column), Literally(value))
    return Asked(text, Select((ColumnRef(two, name.column),), on=(on,), where=where))


def distinct_values(asker: Asker) -> Asked | None:
    """The different values of a column, or their number: "which cities do customers live in"."""
    table = asker.some(asker.tables())
    column = asker.some(asker.columns(table, "category", "code")) if table else None
    if table is None or column is None:
        return None
    form, said = asker.column(table, column.column), asker.word(column.words)
    clause = any_clause(asker, table, avoid=column.column) if asker.chance(0.2) else None
    rows = phrase(asker, table, (clause,) if clause else ())
    many = said if asker.chinese else plural(said)
    where = clause.form if clause else None
    if asker.chance(0.5):
        text = asker.one_of(
            f"how many different {many} are there among {rows} | number of distinct {many} of {rows} | how many different {many} do {rows} have",
            f"{rows}有多少种不同的{said} | {rows}中不同{said}的数量",
        )
        return Asked(text, select(Aggregated("count", form, True), where=where))
    text = asker.one_of(
        f"which {many} do {rows} have | different {many} of {rows} | list the distinct {many} of {rows}",
        f"{rows}有哪些{said} | 列出{rows}的不同{said}",
    )
    return Asked(text, select(form, where=where, distinct=True))


def above_average(asker: Asker) -> Asked | None:
    table = asker.some(asker.tables(lambda t: t.name_columns))
    measure = asker.some(asker.measures(table)) if table else None
    if table is None or measure is None:
        return None
    name, rows, under = asker.word(measure.words), asker.noun(table), asker.chance(0.3)
    inner = Nested(select(Aggregated("avg", measure.form)))
    text = asker.one_of(
        f"{rows} with {'below' if under else 'above'} average {name} | which {rows} have {'less' if under else 'more'} than the average {name}",
        f"{name}{'低于' if under else '高于'}平均{asker.any(['值', '水平'])}的{rows}",
    )
    return Asked(text, select(*asker.names(table), where=Compare("<" if under else ">", measure.form, inner)))
