"""Physical names of tables and columns in a style."""

from __future__ import annotations

import random
from functools import cache
from importlib.resources import files

from ..wording.english import plural
from .product import ColumnSpec, TableSpec
from .style import Style

_SHORT = {
    "account": "acct",
    "address": "addr",
    "amount": "amt",
    "approved": "appr",
    "average": "avg",
    "balance": "bal",
    "category": "cat",
    "code": "cd",
    "company": "comp",
    "count": "cnt",
    "country": "ctry",
    "customer": "cust",
    "date": "dt",
    "delivery": "dlv",
    "department": "dept",
    "description": "desc",
    "device": "dev",
    "discount": "disc",
    "document": "doc",
    "duration": "dur",
    "employee": "emp",
    "end": "end",
    "invoice": "inv",
    "item": "itm",
    "level": "lvl",
    "location": "loc",
    "manager": "mgr",
    "maximum": "max",
    "message": "msg",
    "number": "no",
    "order": "ord",
    "organization": "org",
    "patient": "pat",
    "payment": "pmt",
    "percent": "pct",
    "person": "pers",
    "phone": "tel",
    "position": "pos",
    "price": "prc",
    "priority": "prio",
    "product": "prod",
    "project": "proj",
    "purchase": "purch",
    "quantity": "qty",
    "reference": "ref",
    "region": "reg",
    "request": "req",
    "status": "stat",
    "supplier": "supp",
    "temperature": "temp",
    "ticket": "tkt",
    "total": "tot",
    "transaction": "txn",
    "type": "typ",
    "unit": "unit",
    "user": "usr",
    "value": "val",
    "vehicle": "veh",
    "warehouse": "wh",
    "weight": "wt",
    "year": "yr",
}
_DATE_ENDINGS = {"at": ("at", "at", "at", "date", "time", "ts"), "on": ("on", "on", "date", "date")}


class Namer:
    """Names of one database: the same word is abbreviated everywhere or nowhere, and no name comes twice."""

    def __init__(self, style: Style, rng: random.Random) -> None:
        self.style = style
        self._short = {word for word in _SHORT if rng.random() < style.abbreviation}
        self._endings = {ending: rng.choice(choices) for ending, choices in _DATE_ENDINGS.items()}
        self._id = rng.choice(("ID", "ID", "编号")) if style.names == "chinese" else "id"
        self._taken: set[str] = set()

    def table(self, spec: TableSpec) -> str:
        """Different from the names of the tables before it."""
        return self._free(self._local(spec.chinese[0]) or self._english_table(spec.name), "")

    def lookup(self, spec: TableSpec, column: ColumnSpec) -> str:
        """Of the table that explains the codes of `column`."""
        local = self._local(f"{spec.chinese[0]}{column.words.chinese[0].removeprefix(spec.chinese[0])}")
        return self._free(local or self._english_table(f"{spec.name}_{column.name}"), "")

    def key(self, spec: TableSpec, scope: str) -> str:
        if self.style.key == "id":
            return self._free(self._local_key("") or self._cased(["id"]), scope)
        own = self._local_key(spec.chinese[0])
        return self._free(own or self._cased([*spec.name.split("_"), "id"]), scope)

    def column(self, spec: TableSpec, column: ColumnSpec, scope: str, unit: str = "", looked_up: bool = False) -> str:
        """Different from the other names of `scope`. `unit` is put behind the name."""
        words = column.name.split("_")
        if column.kind in ("date", "time") and words[-1] in self._endings:
            words[-1] = self._endings[words[-1]]
        reference = column.kind == "ref" or looked_up
        local = self._local_key(column.words.chinese[0]) if reference else self._local(column.words.chinese[0])
        if local:
            return self._free(local + (f"_{unit}" if unit else ""), scope)
        if reference:
            words = self._reference(words)
        elif self.style.own_prefix:
            words = [_prefix(spec.name), *words]
        return self._free(self._cased([*words, unit] if unit else words), scope)

    def plain(self, words: str, scope: str) -> str:
        """The name of a column that no schema lists."""
        return self._free(self._cased(words.split()), scope)

    def _reference(self, words: list[str]) -> list[str]:
        if words[-1] == "id" or self.style.reference == "bare":
            return words
        return ["id", *words] if self.style.reference == "prefix" else [*words, "id"]

    def _english_table(self, name: str) -> str:
        words = name.split("_")
        if self.style.plural:
            words = [*words[:-1], plural(words[-1])]
        cased = self._cased(words)
        prefix = self.style.table_prefix
        if not prefix:
            return cased
        return prefix.upper() + cased if self.style.names == "upper" else prefix + cased

    def _local_key(self, thing: str) -> str:
        if self.style.names == "chinese":
            return thing + self._id
        spelled = self._local(thing)
        return f"{spelled}_id" if spelled else "id" if self.style.names in ("pinyin", "initials") else ""

    def _local(self, chinese: str) -> str:
        """The name in Chinese characters or pinyin; "" where names are English."""
        if self.style.names == "chinese":
            return chinese
        if self.style.names not in ("pinyin", "initials") or not chinese:
            return ""
        syllables = pinyin(chinese)
        return "".join(s[0] for s in syllables) if self.style.names == "initials" else "_".join(syllables)

    def _cased(self, words: list[str]) -> str:
        words = [_SHORT[w] if w in self._short else w for w in words]
        if self.style.names == "camel":
            return words[0] + "".join(w.capitalize() for w in words[1:])
        if self.style.names == "pascal":
            return "".join("ID" if w == "id" and len(words) > 1 else w.capitalize() for w in words)
        joined = "_".join(words)
        return joined.upper() if self.style.names == "upper" else joined

    def _free(self, name: str, scope: str) -> str:
        found, number = name, 2
        while f"{scope}.{found}".casefold() in self._taken:
            found, number = f"{name}{number}", number + 1
        self._taken.add(f"{scope}.{found}".casefold())
        return found


def _prefix(table: str) -> str:
    words = table.split("_")
    return "".join(w[0] for w in words) if len(words) > 1 else _SHORT.get(table, table[:3])


def pinyin(text: str) -> list[str]:
    """The syllables of Chinese characters without tones; runs of other letters and digits stay together, lower case.

    Only characters in `pinyin.txt` are known, which are those of the schemas; an unknown one is left out.
    """
    known, syllables, run = _syllables(), [], ""
    for character in text:
        if character.isascii() and character.isalnum():
            run += character.lower()
            continue
        if run:
            syllables.append(run)
            run = ""
        if character in known:
            syllables.append(known[character])
    return [*syllables, run] if run else syllables


@cache
def _syllables() -> dict[str, str]:
    lines = files(__package__).joinpath("pinyin.txt").read_text(encoding="utf-8").split("\n")
    pairs = (line.split(" ") for line in lines if line)
    return {character: syllable for syllable, characters in pairs for character in characters}
