"""Days of the week and months by any of their names: a question says "Monday" where a column holds 'lundi' or 'Mon'."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cache

from .spelling import text_key

MIN_SHARE = 0.8  # of a column's values that have to be such names

# By row one day or month, full names first: those count in questions, where short ones are other words as well.
_DAYS = (
    "sunday sonntag dimanche domingo domenica 星期日 周日 星期天 周天 | sun su so dim dom",
    "monday montag lundi lunes lunedì 星期一 周一 | mon mo lun",
    "tuesday dienstag mardi martes martedì 星期二 周二 | tue tues tu di mar",
    "wednesday mittwoch mercredi miércoles mercoledì 星期三 周三 | wed we mi mer mié",
    "thursday donnerstag jeudi jueves giovedì 星期四 周四 | thu thur thurs th do jeu jue gio",
    "friday freitag vendredi viernes venerdì 星期五 周五 | fri fr ven vie",
    "saturday samstag samedi sábado sabato 星期六 周六 | sat sa sam sáb sab",
)
_MONTHS = (
    "january januar janvier enero gennaio 一月 | jan",
    "february februar février febrero febbraio 二月 | feb fév",
    "march märz mars marzo 三月 | mar mär",
    "april avril abril aprile 四月 | apr avr abr",
    "may mai mayo maggio 五月 | mag",
    "june juni juin junio giugno 六月 | jun giu",
    "july juli juillet julio luglio 七月 | jul lug",
    "august août agosto 八月 | aug ago",
    "september septembre septiembre settembre 九月 | sep sept set",
    "october oktober octobre octubre ottobre 十月 | oct okt ott",
    "november novembre noviembre 十一月 | nov",
    "december dezember décembre diciembre dicembre 十二月 | dec dez dic déc",
)


@cache
def _kinds() -> tuple[tuple[frozenset[str], ...], ...]:
    """For days and for months, by row all names as keys."""
    return tuple(
        tuple(frozenset(text_key(name) for name in row.split() if name != "|") for row in rows)
        for rows in (_DAYS, _MONTHS)
    )


@cache
def _asked() -> re.Pattern[str]:
    full = [name for rows in (_DAYS, _MONTHS) for row in rows for name in row.partition("|")[0].split()]
    spelled = sorted((name if not name.isascii() else rf"\b{name}s?\b" for name in full), key=len, reverse=True)
    return re.compile("|".join(spelled), re.IGNORECASE)


def other_names(question: str) -> Iterator[tuple[int, int, frozenset[str]]]:
    """Where the question names a day or a month, and the keys of all names of it."""
    for found in _asked().finditer(question):
        key = text_key(found[0])
        for rows in _kinds():
            for row in rows:
                if key in row or key.removesuffix("s") in row:
                    yield found.start(), found.end(), row


def are_names(keys: Collection[str]) -> bool:
    """Whether the values of a column, as keys, are names of days, or of months."""
    return any(
        sum(key in names for key in keys) >= MIN_SHARE * len(keys)
        for rows in _kinds()
        if (names := frozenset().union(*rows)) and keys
    )
