"""Rows merged into trees: what is kept once, what every token sees, how an epoch is mixed."""

from __future__ import annotations

import random

import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from sqlwright.training.prefix.mask import block_mask, dense_mask
from sqlwright.training.prefix.tree import TokenRow, epoch_batches, lay_out, merge, savings

SCHEMA = (7, 7, 1, 2)


def row(name: str, *after: int, answer: int = 1, group: str = "shop", prefix: tuple[int, ...] = SCHEMA) -> TokenRow:
    tokens = (*prefix, *after)
    return TokenRow(name, tokens, len(tokens) - answer, group)


def test_a_shared_schema_is_in_the_tree_once():
    tree = merge([row("b", 4, 9), row("a", 3, 8)])
    assert tree.tokens == [*SCHEMA, 3, 8, 4, 9]
    assert tree.positions == [0, 1, 2, 3, 4, 5, 4, 5]
    assert tree.parents == [-1, 0, 1, 2, 3, 4, 3, 6]
    assert tree.weights == [0, 0, 0, 0, 0, 1, 0, 1]
    assert tree.ends == [8, 8, 8, 8, 6, 6, 8, 8]


def test_turns_of_a_dialogue_share_their_history():
    first, second = row("turn 0", 3, 8), row("turn 1", 3, 8, 5, 6)
    tree = merge([first, second])
    assert tree.tokens == list(second.tokens)
    assert tree.weights == [0, 0, 0, 0, 0, 1, 0, 1]  # both answers are trained in one pass


def test_a_row_that_comes_twice_weighs_twice():
    assert merge([row("a", 3, 8), row("b", 3, 8)]).weights == [0, 0, 0, 0, 0, 2]


short_rows = st.lists(st.lists(st.integers(0, 2), min_size=2, max_size=9), min_size=1, max_size=9)


@settings(max_examples=150, deadline=None)
@given(short_rows, st.integers(1, 12) | st.none())
def test_a_token_sees_exactly_what_stood_before_it_in_its_row(token_rows, window):
    rows = [TokenRow(str(i), tuple(t), len(t) - 1) for i, t in enumerate(token_rows)]
    halves = [merge(part) for part in (rows[::2], rows[1::2]) if part]
    layout = lay_out(halves)
    ends, positions = torch.tensor(layout.ends), torch.tensor(layout.position_ids)
    mask = dense_mask(ends, positions, window)
    ids = torch.tensor(layout.input_ids)
    found = []
    width = ids.shape[1]
    for source, target, weight in zip(layout.sources, layout.targets, layout.weights, strict=True):
        line, place = divmod(source, width)
        seen = ids[line][mask[line, 0, place]].tolist()
        found += [(*seen, target)] * weight
    start = 0 if window is None else window + 1
    assert sorted(found) == sorted(r.tokens[-start:] for r in rows)


def test_the_block_mask_is_the_dense_one():
    layout = lay_out([merge([row("a", 3, 8), row("b", 4, 9)]), merge([row("c", 1, 1, prefix=(2,))])])
    ends, positions = torch.tensor(layout.ends), torch.tensor(layout.position_ids)
    for window in (None, 3):
        blocks = block_mask(ends, positions, window)
        lines, width = ends.shape
        from_blocks = torch.tensor(
            [
                [
                    [
                        bool(blocks.mask_mod(torch.tensor(b), torch.tensor(0), torch.tensor(q), torch.tensor(k)))
                        for k in range(width)
                    ]
                    for q in range(width)
                ]
                for b in range(lines)
            ]
        )
        assert torch.equal(from_blocks[:, None], dense_mask(ends, positions, window))


def test_trees_fill_lines_no_wider_than_the_largest():
    trees = [merge([row(str(n), *range(n), 9)]) for n in (8, 1, 2, 3)]
    layout = lay_out(trees, pad_id=5)
    assert [len(line) for line in layout.input_ids] == [13, 13, 13]
    assert sum(e == 0 for line in layout.ends for e in line) == 39 - sum(map(len, trees))


def rows_of(*databases: str, each: int = 12) -> list[TokenRow]:
    return [row(f"{d}-{i}", 20 + i, 3, group=d, prefix=(n, n, n)) for n, d in enumerate(databases) for i in range(each)]


def test_an_epoch_shows_every_row_once_and_no_batch_is_of_one_database():
    rows = rows_of("a", "b", "c")
    batches = epoch_batches(rows, 8, 4, random.Random(0))
    assert sorted(r.id for batch in batches for piece in batch for r in piece) == sorted(r.id for r in rows)
    assert [sum(map(len, batch)) for batch in batches] == [8, 8, 8, 8, 4]
    assert sum(len({piece[0].group for piece in batch}) > 1 for batch in batches) >= 3


def test_the_next_epoch_groups_other_rows_and_the_same_seed_the_same():
    rows = rows_of("a", "b")

    def drawn(seed: int) -> list[list[str]]:
        return [
            sorted(r.id for r in piece) for batch in epoch_batches(rows, 8, 4, random.Random(seed)) for piece in batch
        ]

    assert drawn(1) == drawn(1) != drawn(2)


def test_rows_that_share_nothing_are_said_to_be_packed_as_usual():
    rows = [row(str(n), 5, 6, group=str(n), prefix=(n, n + 1)) for n in range(8)]
    found = savings(epoch_batches(rows, 4, 4, random.Random(0)))
    assert found.plain_tokens == found.computed_tokens == 32
    assert "ordinary packing" in str(found)
    assert savings(epoch_batches(rows_of("a", each=40), 40, 40, random.Random(0))).factor > 2
