"""The language of a text by its letters, for what a model does not read."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter

# How Unicode names of letters begin, and what is written with them, in English and Chinese.
SCRIPTS: dict[str, tuple[str, str]] = {
    "ARABIC": ("Arabic or another language in Arabic script", "阿拉伯文"),
    "ARMENIAN": ("Armenian", "亚美尼亚文"),
    "BENGALI": ("Bengali", "孟加拉文"),
    "CYRILLIC": ("Russian or another language in Cyrillic script", "俄文等西里尔字母文字"),
    "DEVANAGARI": ("Hindi or another language in Devanagari script", "印地文"),
    "ETHIOPIC": ("Amharic or another language in Ethiopic script", "阿姆哈拉文"),
    "GEORGIAN": ("Georgian", "格鲁吉亚文"),
    "GREEK": ("Greek", "希腊文"),
    "GUJARATI": ("Gujarati", "古吉拉特文"),
    "HANGUL": ("Korean", "韩文"),
    "HEBREW": ("Hebrew", "希伯来文"),
    "KANA": ("Japanese", "日文"),
    "KHMER": ("Khmer", "高棉文"),
    "TAMIL": ("Tamil", "泰米尔文"),
    "TELUGU": ("Telugu", "泰卢固文"),
    "THAI": ("Thai", "泰文"),
    "OTHER": ("this language", "这种语言"),
}
KANA_SHARE = 0.2  # of Japanese; less is a foreign name in a Chinese text
_KNOWN = ("LATIN", "HAN")
_NAMED = {"CJK": "HAN", "HIRAGANA": "KANA", "KATAKANA": "KANA", "KATAKANA-HIRAGANA": "KANA"}
_QUOTED = re.compile("[\"“「《'‘][^\"”」》'’]*[\"”」》'’]")


def unread_script(text: str) -> str:
    """A key of SCRIPTS where most letters of `text` are neither Latin nor Chinese, else "".

    Quoted names do not count. Kana make a text Japanese though most of its letters may be Chinese characters.
    """
    counts = _letters(_QUOTED.sub("", text)) or _letters(text)
    asian = counts["KANA"] + counts["HAN"]
    if asian * 2 > counts.total() and counts["KANA"] >= KANA_SHARE * asian:
        return "KANA"
    if sum(counts[script] for script in _KNOWN) * 2 > counts.total():
        return ""
    other = [(n, script) for script, n in counts.items() if script not in _KNOWN]
    return max(other)[1] if other else ""


def _letters(text: str) -> Counter[str]:
    return Counter(_script(c) for c in text if c.isalpha())


def _script(letter: str) -> str:
    first = unicodedata.name(letter, "").removeprefix("FULLWIDTH ").removeprefix("HALFWIDTH ").split(" ")[0]
    script = _NAMED.get(first, first)
    return script if script in SCRIPTS or script in _KNOWN else "OTHER"
