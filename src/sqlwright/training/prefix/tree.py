"""Rows that begin alike, laid out so that what they share is computed once.

Rows are merged into a tree of tokens: a schema is the trunk, every question with its answer a branch. Written in
depth-first order, a tree needs one number a token for its attention: where the subtree of that token ends. A token
then sees exactly the tokens before it whose subtree it lies in, which are the ones that stood before it in its row.

No model and no torch here. The idea for one shared prefix: "Efficient RL training with shared prefixes"
(PrefixGrouper, arXiv 2506.05433); for trees: "Tree Training" (arXiv 2511.00413). Here it serves supervised tuning,
preference tuning and reinforcement learning, and rows are grouped by schema beforehand.
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class TokenRow:
    """One answer to learn: the tokens from `answer_start` on are trained, those before are what the model is asked.

    Rows of one `group` are about one schema and can be expected to begin alike.
    """

    id: str
    tokens: tuple[int, ...]
    answer_start: int
    group: str = ""

    def __post_init__(self) -> None:
        if not 0 < self.answer_start < len(self.tokens):
            raise ValueError(f"row {self.id!r} has no answer to learn, or nothing before it")


@dataclass(frozen=True, slots=True)
class Tree:
    """Merged rows in depth-first order. All lists have one entry a token.

    `parents` is the index of the token before, -1 for a first one; `ends` the index after the last token of the
    subtree; `positions` the place in the row, from 0; `weights` in how many rows the token is trained. `answers` has
    one entry a row, in the order in which rows were given: the indexes of its trained tokens.
    """

    tokens: list[int]
    positions: list[int]
    parents: list[int]
    ends: list[int]
    weights: list[int]
    answers: list[list[int]]

    def __len__(self) -> int:
        return len(self.tokens)


def merge(rows: Sequence[TokenRow]) -> Tree:
    """The tree of `rows`. A row that comes twice is in it once, with double weight."""
    tree = Tree([], [], [], [], [], [[] for _ in rows])
    path: list[int] = []  # the indices of the tokens of the row before
    for number, row in sorted(enumerate(rows), key=lambda r: r[1].tokens):  # rows that begin alike are then neighbours
        shared = _shared_length(row.tokens, [tree.tokens[i] for i in path])
        del path[shared:]
        for place in range(shared, len(row.tokens)):
            tree.parents.append(path[-1] if path else -1)
            path.append(len(tree.tokens))
            tree.tokens.append(row.tokens[place])
            tree.positions.append(place)
            tree.weights.append(0)
        tree.answers[number] = path[row.answer_start :]
        for index in tree.answers[number]:
            tree.weights[index] += 1
    tree.ends.extend(i + 1 for i in range(len(tree)))
    for index in range(len(tree) - 1, 0, -1):
        parent = tree.parents[index]
        if parent >= 0:
            tree.ends[parent] = max(tree.ends[parent], tree.ends[index])
    return tree


def _shared_length(first: Sequence[int], second: Sequence[int]) -> int:
    for place, (a, b) in enumerate(zip(first, second, strict=False)):
        if a != b:
            return place
    return min(len(first), len(second))


@dataclass(frozen=True, slots=True)
class Layout:
    """Trees side by side in lines, as a model computes them: every list is (lines, width), padded with 0.

    `ends` is 0 at padding. `sources` are the places, counted through all lines, whose hidden state predicts one of
    `targets`, each with its weight in `weights`.

    Laid out `per_row`, `members` are indexes into `targets`, one for every trained token of every row, row after row,
    and `owners` (as long) the numbers of their rows; a token that two rows share is listed for both and computed once.
    `lasts` (rows,) are the places of the rows' last tokens. Rows are numbered in the order of the trees' rows.
    """

    input_ids: list[list[int]]
    position_ids: list[list[int]]
    ends: list[list[int]]
    sources: list[int]
    targets: list[int]
    weights: list[int]
    members: list[int] = field(default_factory=list)
    owners: list[int] = field(default_factory=list)
    lasts: list[int] = field(default_factory=list)


def lay_out(trees: Sequence[Tree], pad_id: int = 0, *, alone: bool = False, per_row: bool = False) -> Layout:
    """Lines as wide as the largest tree; the others are put together where they fit, unless each is to be `alone`.

    Attention costs the square of the width, so that wider lines would lose more than they save in padding. With
    `per_row` the layout says which trained token belongs to which row, for losses that compare rows.
    """
    width = max(map(len, trees))
    lines = [[tree] for tree in trees] if alone else _fitted(trees, width)
    layout = Layout([], [], [], [], [], [])
    answers: dict[int, list[tuple[list[int], int]]] = {}  # by tree: its rows' trained tokens, and their last places
    for number, line in enumerate(lines):
        ids: list[int] = []
        positions: list[int] = []
        ends: list[int] = []
        for tree in line:
            start = len(ids)
            first = number * width + start
            ids += tree.tokens
            positions += tree.positions
            ends += [start + end for end in tree.ends]
            known: dict[int, int] = {}  # the token's index in `targets`
            for index, weight in enumerate(tree.weights):
                if weight:
                    known[index] = len(layout.targets)
                    layout.sources.append(first + tree.parents[index])
                    layout.targets.append(tree.tokens[index])
                    layout.weights.append(weight)
            if per_row:
                answers[id(tree)] = [([known[i] for i in found], first + found[-1]) for found in tree.answers]
        padding = [0] * (width - len(ids))
        layout.input_ids.append(ids + [pad_id] * len(padding))
        layout.position_ids.append(positions + padding)
        layout.ends.append(ends + padding)
    for owner, (members, last) in enumerate(row for tree in trees for row in answers.get(id(tree), ())):
        layout.members.extend(members)
        layout.owners.extend([owner] * len(members))
        layout.lasts.append(last)
    return layout


def _fitted(trees: Sequence[Tree], width: int) -> list[list[Tree]]:
    """First fit, the largest first."""
    lines: list[list[Tree]] = []
    room: list[int] = []
    for tree in sorted(trees, key=len, reverse=True):
        place = next((i for i, free in enumerate(room) if free >= len(tree)), len(lines))
        if place == len(lines):
            lines.append([])
            room.append(width)
        lines[place].append(tree)
        room[place] -= len(tree)
    return lines


def epoch_batches(
    rows: Sequence[TokenRow], batch_size: int, group_size: int, rng: random.Random
) -> list[list[list[TokenRow]]]:
    """One epoch as batches of `batch_size` rows, each batch as lists of rows to merge.

    Every group is shuffled and cut into pieces of `group_size` rows, and the pieces are shuffled, so that a batch
    holds pieces of different schemas. With `group_size` 1 the rows are shuffled as everywhere else.
    """
    by_group: dict[str, list[TokenRow]] = defaultdict(list)
    for row in rows:
        by_group[row.group].append(row)
    pieces = []
    for group in by_group.values():
        rng.shuffle(group)
        pieces += [group[i : i + group_size] for i in range(0, len(group), group_size)]
    rng.shuffle(pieces)
    ordered = [row for piece in pieces for row in piece]
    batches = [ordered[i : i + batch_size] for i in range(0, len(ordered), batch_size)]
    return [_by_group(batch) if group_size > 1 else [[row] for row in batch] for batch in batches]


def _by_group(rows: Iterable[TokenRow]) -> list[list[TokenRow]]:
    groups: dict[str, list[TokenRow]] = defaultdict(list)
    for row in rows:
        groups[row.group].append(row)
    return list(groups.values())


@dataclass(frozen=True, slots=True)
class Savings:
    """Tokens of an epoch: as the rows are, and as they are computed; padding is in neither."""

    rows: int
    plain_tokens: int
    computed_tokens: int

    @property
    def factor(self) -> float:
        return self.plain_tokens / max(1, self.computed_tokens)

    def __str__(self) -> str:
        if self.factor < 1.05:
            return f"{self.plain_tokens:,} tokens in {self.rows:,} rows, which share next to nothing: ordinary packing"
        return (
            f"{self.computed_tokens:,} tokens computed an epoch for {self.plain_tokens:,} in {self.rows:,} rows: "
            f"{self.factor:.1f} times fewer"
        )


def savings(batches: Iterable[Sequence[Sequence[TokenRow]]]) -> Savings:
    """What merging saves over `batches` of one epoch."""
    rows = plain = computed = 0
    for batch in batches:
        for piece in batch:
            rows += len(piece)
            plain += sum(len(row.tokens) for row in piece)
            computed += len(merge(piece))
    return Savings(rows, plain, computed)
