"""Numbers of a column as a person reads them: digits in groups, one number of decimals, no noise.

For a terminal only: files and pipes have every digit.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from ..core import Value
from ..core.shown import shown_float

GROUPED_FROM = 10_000  # below it four digits read well, and years look like years
MOST_DECIMALS = 4
MONEY_DECIMALS = 2

_COUNTED = re.compile(r"\s*(count|sum|avg|total)\s*\(", re.IGNORECASE)
_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_LABELS = frozenset(
    "code codes ean fax iban id ids imei ip isbn key lat latitude lng lon longitude mobile phone plz port postal "
    "postcode ref rowid serial sku ssn tel telephone uid uuid vat version year years yyyymmdd zip zipcode".split()
)
_LABELS_AT_THE_END = frozenset("account date day month nr no num number time timestamp".split())
_CHINESE_LABELS = re.compile("编号|号码|电话|手机|邮编|年份|年$|日期|代码|编码|账号|卡号|版本")
_MONEY = frozenset(
    "amount balance budget cost costs discount earnings expense expenses fee fees income margin paid payment price "
    "profit revenue salary sales spend spent tax total turnover wage wages".split()
)
_CHINESE_MONEY = re.compile("金额|价格|单价|总价|收入|销售额|营业额|工资|薪资|成本|费用|利润|余额|预算")


def shown_column(name: str, kind: str, values: Sequence[Value]) -> list[str] | None:
    """The values of a column of `kind` integer, real or decimal; None for any other. A missing value is ""."""
    if kind not in ("integer", "real", "decimal"):
        return None
    numbers = [None if value is None else _exact(value) for value in values]
    finite = [number for number in numbers if number is not None and number.is_finite()]
    decimals = 0 if kind == "integer" else _decimals(name, finite, floats=kind == "real")
    grouped = any(abs(n) >= GROUPED_FROM for n in finite) and not is_label(name)
    comma = "," if grouped else ""
    return [_shown(number, value, f"{comma}.{decimals}f") for number, value in zip(numbers, values, strict=True)]


def is_label(name: str) -> bool:
    """Whether the numbers of a column so called are names (ids, years, codes): COUNT(order_id) counts."""
    if _COUNTED.match(name):
        return False
    words = _words(name)
    last = words[-1] if words else ""
    return bool(_LABELS & set(words)) or last in _LABELS_AT_THE_END or _CHINESE_LABELS.search(name) is not None


def is_money(name: str) -> bool:
    return bool(_MONEY & set(_words(name)) or _CHINESE_MONEY.search(name))


def _words(name: str) -> list[str]:
    return [word.casefold() for word in _WORD.findall(name)]


def _exact(value: Value) -> Decimal:
    return Decimal(shown_float(value) if isinstance(value, float) else str(value))


def _decimals(name: str, numbers: Sequence[Decimal], *, floats: bool) -> int:
    """As many as the value with the most has; long fractions, which were computed, are rounded."""
    most = max((_places(number, floats) for number in numbers), default=0)
    if most > MOST_DECIMALS:
        if is_money(name):
            return MONEY_DECIMALS
        largest = max(map(abs, numbers))
        return MOST_DECIMALS if largest >= 1 or not largest else MOST_DECIMALS - 1 - largest.adjusted()
    return max(most, MONEY_DECIMALS if is_money(name) else 1 if floats else 0)


def _places(number: Decimal, is_float: bool) -> int:
    """Digits behind the point; those of a decimal number of the database are meant, also zeros."""
    exponent = (number.normalize() if is_float else number).as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def _shown(number: Decimal | None, value: Value, pattern: str) -> str:
    if number is None:
        return ""
    if not number.is_finite() or abs(number.adjusted()) > 20:
        return str(value)
    text = format(number, pattern)
    if number and not any(digit in text for digit in "123456789"):  # a small value among large ones is not zero
        return shown_float(value) if isinstance(value, float) else str(value)
    return text
