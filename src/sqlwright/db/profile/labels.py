"""What stored codes mean, as comments say it: "1=open, 2=closed", "0:待付款 1:已付款"."""

from __future__ import annotations

import re

from ...core import Column

Labels = tuple[tuple[str, str], ...]  # (stored code, meaning)

_CODE = r"(?P<code>-?\d{1,4}|[A-Z][A-Z0-9_]{0,5}|[a-z])"
# A sign between code and meaning; a meaning ends at the next sign of a list or before the next code.
_SIGNED = re.compile(
    rf"(?<![\w.-])['\"]?{_CODE}['\"]?\s*(?:=>?|[:：]|[-–—](?!\d)|->|→|、(?=[^\d\s]))\s*['\"]?"
    rf"(?P<label>[^\s,;，；、/|\n()（）=:：]"
    rf"(?:(?!\s+['\"]?(?:-?\d{{1,4}}|[A-Z]{{1,3}})['\"]?\s*(?:[=:：]|[-–—]\s))[^,;，；、/|\n()（）=:：])*)"
)
# "1 open, 2 on hold, 3 closed": without a sign only between commas, so that a sentence with a number is not read so.
_LISTED = re.compile(
    r"(?:^|[,;/(:]\s*)['\"]?(?P<code>\d{1,3}|[A-Z]{1,3})['\"]?\s+(?P<label>[A-Za-z][\w' -]{0,30}?)\s*(?=[,;/)]|\Z)"
)
_CHINESE = re.compile(r"(?<![\w.-])(?P<code>\d{1,3}|[A-Z]{1,3})\s*(?P<label>[\u3400-\u9fff]+)")


def labels_in(column: Column) -> Labels:
    """The codes and meanings in a column's comment; () where there are fewer than two."""
    for pattern in (_SIGNED, _CHINESE, _LISTED):
        found = {m["code"]: m["label"].strip(" '\".。") for m in pattern.finditer(column.comment)}
        found = {code: label for code, label in found.items() if label}
        if len(found) > 1:
            return tuple(found.items())
    return ()
