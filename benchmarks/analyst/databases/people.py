"""Invented names of people and companies."""

from __future__ import annotations

from random import Random

FIRST = (
    "Ada Bruno Clara Dmitri Elif Farid Greta Hugo Imani Jonas Katya Liam Maren "
    "Noor Oskar Priya Quentin Rosa Sami Tove Umar Vera Wim Xenia Yusuf Zora"
)
LAST = (
    "Abara Brandt Castillo Dufour Eklund Ferrari Grant Horvat Ito Jansen Kaya Larsen "
    "Moreau Novak Okafor Petrov Quinn Rossi Silva Toth Ueda Vogel Wolski Young Zeller"
)
SURNAMES = "王李张刘陈杨赵黄周吴徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹"
GIVEN = (
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 秀英 霞 平 建国 桂英 子轩 欣怡 浩然 思远 雨桐 晓东 志强 婷婷"
)


def names(random: Random, count: int) -> list[tuple[str, str]]:
    """`count` different (first name, last name) pairs."""
    pairs = [(first, last) for first in FIRST.split() for last in LAST.split()]
    return random.sample(pairs, count)


def chinese_names(random: Random, count: int) -> list[str]:
    """`count` different Chinese names."""
    return random.sample([surname + given for surname in SURNAMES for given in GIVEN.split()], count)
