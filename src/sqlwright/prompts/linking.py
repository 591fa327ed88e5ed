"""Which tables and columns a question names: schema linking by words, without a model.

Words count in the singular and without -ing and -ed; `dept` finds department and `homepage` home page. Names and
comments in Chinese match by the substrings they share with the question, since there are no spaces to split at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from ..core import Column, NameMatch, Schema, Table
from ..core.fold import fold, identifier_words, singular

MIN_SCORE = 0.3
_UNSPACED = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af"  # kana, Chinese characters, hangul
_CJK = re.compile(f"[{_UNSPACED}]+")
_WORD = re.compile(rf"[^\W_{_UNSPACED}]+")
_MAX_CJK = 12  # characters of a Chinese name that are looked for
_MAX_COMMENT_WORDS = 8

# They stand in so many names that alone they say little.
_WEAK = frozenset("id name code type number no num key value info detail date year data of the in to by and is".split())
# What the rows of a table are called: a question for the rows wants it, and names only the table.
_LABELS = ("name", "title", "名称", "名", "名字", "标题")  # how such a name ends
_LABEL_SCORE = 0.35
# Words of names, and how people ask for them without naming them.
_CUES = {
    "age 年龄": "多大 old older oldest young younger youngest",
    "date year time 日期 时间 年份": "when 什么时候 何时 哪年 哪一年",
    "location city country place address 地点 城市 国家 地址": "where 哪里 哪儿",
    "name 姓名 名称": "who whose 谁 哪位",
    "price cost 价格 售价": "cheap cheapest expensive 便宜 贵 多少钱",
    "length duration 长度 时长": "long longest 多长 多久",
    "height 身高 高度": "tall tallest 多高",
    "weight": "heavy heaviest",
    "size area population": "large largest",
    "speed time": "fast fastest",
}


def link_names(question: str, schema: Schema, limit: int = 40) -> tuple[NameMatch, ...]:
    """Tables (`column` is "") and columns that the question seems to name, best first, at most `limit`.

    A score of 1 is the whole name word for word. Columns of a table that is not named itself count less.
    """
    asked = _Asked.read(question)
    found: list[NameMatch] = []
    for table in schema:
        table_score, mention = asked.score(table.name, table.comment)
        if table_score >= MIN_SCORE:
            found.append(NameMatch(table.full_name, "", mention, round(table_score, 3)))
        found += _columns(asked, table, table_score)
    order = {table.full_name: i for i, table in enumerate(schema)}
    found.sort(key=lambda m: (-m.score, order[m.table]))
    return tuple(found[:limit])


def is_weak(word: str) -> bool:
    """Whether a folded word stands in so many names that alone it says little."""
    return word in _WEAK


def stem(word: str) -> str:
    """A folded word without the endings that names and questions differ in."""
    one = singular(word)
    for ending in ("ing", "ed"):
        if one.endswith(ending) and len(one) - len(ending) >= 3:
            one = one[: -len(ending)]
            if len(one) > 3 and one[-1] == one[-2]:
                one = one[:-1]
            break
    return one[:-1] if one.endswith("e") and len(one) > 3 else one


def _columns(asked: _Asked, table: Table, table_score: float) -> Iterator[NameMatch]:
    for column in table.columns:
        score, mention = _column_score(asked, column)
        if table_score >= 0.5:
            score, mention = max((score, mention), (_LABEL_SCORE if fold(column.name).endswith(_LABELS) else 0.0, ""))
        if not score:
            continue
        # A weak word such as "name" belongs to the table beside it, any other may well stand alone.
        weak = all(w in _WEAK for w in identifier_words(column.name))
        score *= 1.0 if table_score >= 0.5 else 0.6 if weak else 0.85
        if score >= MIN_SCORE:
            yield NameMatch(table.full_name, column.name, mention, round(score, 3))


def _column_score(asked: _Asked, column: Column) -> tuple[float, str]:
    score, mention = asked.score(column.name, column.comment)
    if score < 0.5:
        for word in identifier_words(column.name):
            if word in asked.cued:
                return 0.5, asked.cued[word]
    return score, mention


@dataclass(frozen=True)
class _Asked:
    """A question made ready for many names; the memos serve schemas that repeat names and words."""

    words: tuple[str, ...]
    stems: tuple[str, ...]
    stem_set: frozenset[str]
    joined: dict[str, str]  # two or three stems written as one, and what stands in the question
    cued: dict[str, str]
    cjk: frozenset[str]
    memo: dict[str, tuple[float, str]] = field(default_factory=dict)
    word_memo: dict[str, tuple[float, str]] = field(default_factory=dict)

    @classmethod
    def read(cls, question: str) -> _Asked:
        text = fold(question)
        words = tuple(_WORD.findall(text))
        stems = tuple(stem(w) for w in words)
        joined = {
            "".join((*words[i : i + n - 1], stems[i + n - 1])): " ".join(words[i : i + n])
            for n in (2, 3)
            for i in range(len(words) - n + 1)
        }
        cjk = frozenset(
            run[i:j]
            for run in _CJK.findall(text)
            for i in range(len(run))
            for j in range(i + 1, min(len(run), i + _MAX_CJK) + 1)
        )
        asked = cjk.union(words)
        cued = {n: w for names, cues in _CUES.items() for w in cues.split() if w in asked for n in names.split()}
        return cls(words, stems, frozenset(stems), joined, cued, cjk)

    def score(self, name: str, comment: str = "") -> tuple[float, str]:
        """The better of a name's score and 0.9 of its comment's, with what stands in the question."""
        best = self._memoized(name)
        if comment and best[0] < 0.9:
            score, mention = self._memoized(" ".join(comment.split()[:_MAX_COMMENT_WORDS]))
            # A comment is a sentence: one of its words says as much as one word of a name of two.
            best = max(best, (max(score * 0.9, 0.4 if score else 0.0), mention))
        return best

    def _memoized(self, text: str) -> tuple[float, str]:
        if text not in self.memo:
            worded = self._worded(text)
            chinese = self._chinese(text) if self.cjk and not text.isascii() else (0.0, "")
            self.memo[text] = max(worded, chinese)
        return self.memo[text]

    def _worded(self, text: str) -> tuple[float, str]:
        words = [w for w in identifier_words(text) if not _CJK.search(w)]
        stems = tuple(stem(w) for w in words)
        if not stems:
            return 0.0, ""
        for i in range(len(self.stems) - len(stems) + 1):
            if self.stems[i : i + len(stems)] == stems:
                return 1.0, " ".join(self.words[i : i + len(stems)])
        whole = "".join((*words[:-1], stems[-1]))
        if whole in self.joined:
            return 0.95, self.joined[whole]
        if len(stems) > 1 and whole in self.stem_set:
            return 0.95, whole
        return self._partial(words, stems)

    def _partial(self, words: list[str], stems: tuple[str, ...]) -> tuple[float, str]:
        """Some of the words, each weighed by how much it says."""
        got = total = strong = 0.0
        mentions = []
        for word, root in zip(words, stems, strict=True):
            weight = 0.4 if word in _WEAK else 1.0
            total += weight
            if word not in self.word_memo:
                self.word_memo[word] = self._word(word, root)
            strength, mention = self.word_memo[word]
            if strength:
                got += weight * strength
                strong = max(strong, weight)
                mentions.append(mention)
        if strong < 1.0 and got < total:
            return 0.0, ""
        return 0.85 * got / total, " ".join(mentions)

    def _word(self, word: str, root: str) -> tuple[float, str]:
        if root in self.stem_set:
            return 1.0, self.words[self.stems.index(root)]
        if len(word) < 3 or word in _WEAK:
            return 0.0, ""
        for asked, asked_root in zip(self.words, self.stems, strict=True):
            if len(asked_root) < 4:
                continue
            # airport in airportname, temp for temperature, dept for department
            if word.startswith(asked_root) or word.endswith(asked_root):
                return 0.7, asked
            if asked.startswith(word) or (len(word) >= 4 and _abbreviates(word, asked)):
                return 0.7, asked
        return 0.0, ""

    def _chinese(self, text: str) -> tuple[float, str]:
        best, mention = 0.0, ""
        for run in _CJK.findall(fold(text)):
            shared = self._longest_shared(run[: _MAX_CJK * 2])
            score = len(shared) / len(run)
            if shared == run or len(shared) > 1:
                best, mention = max((best, mention), (1.0 if shared == run else 0.36 + 0.49 * score, shared))
        return best, mention

    def _longest_shared(self, run: str) -> str:
        for length in range(min(len(run), _MAX_CJK), 0, -1):
            for i in range(len(run) - length + 1):
                if run[i : i + length] in self.cjk:
                    return run[i : i + length]
        return ""


def _abbreviates(short: str, word: str) -> bool:
    """The letters of `short` stand in `word` in their order, the first two together: `dept` in department."""
    if not word.startswith(short[:2]) or len(word) > 3 * len(short):
        return False
    rest = iter(word)
    return all(letter in rest for letter in short)
