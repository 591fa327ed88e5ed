"""Each row of a tree has the log-probability that it has alone, and so has a gradient of a loss that compares rows."""

from __future__ import annotations

import pytest
import torch

from sqlwright.training.prefix.loss import by_row, row_logprobs, summed_loss, to_batch, token_logprobs
from sqlwright.training.prefix.tree import TokenRow, lay_out, merge

from .test_loss import MODELS, _short_chunks, gradient, padded, relative, rows_of, tiny, with_lora  # noqa: F401


def in_groups(rows: list[TokenRow]) -> list[list[TokenRow]]:
    groups = {r.group: [x for x in rows if x.group == r.group] for r in rows}
    return list(groups.values())


def merged(rows: list[TokenRow], per_row: bool = True):
    return to_batch(lay_out([merge(g) for g in in_groups(rows)], per_row=per_row))


def by_hand(model, rows: list[TokenRow]) -> torch.Tensor:
    """(rows,): the sum of log p over each answer, from the logits of the padded batch."""
    batch = padded(rows)
    logits = model(input_ids=batch["input_ids"], attention_mask=batch["attention_mask"]).logits.float().log_softmax(-1)
    labels = batch["labels"][:, 1:]
    each = logits[:, :-1].gather(2, labels.clamp(min=0)[:, :, None])[:, :, 0]
    return (each * (labels >= 0)).sum(1)


@pytest.mark.parametrize("lora", [False, True], ids=["full", "lora"])
@pytest.mark.parametrize("name", MODELS)
def test_rows_and_gradient_equal_those_of_the_padded_batch(name, lora):
    model = with_lora(tiny(name)) if lora else tiny(name)
    rows = [row for group in in_groups(rows_of(3)) for row in group]
    signs = torch.tensor([1.0, -1.0] * len(rows))[: len(rows)]  # a loss in which rows have unlike weights

    own = by_hand(model, rows)
    (own.sigmoid().log() * signs).sum().backward()
    expected = gradient(model)
    found = row_logprobs(model, merged(rows), shared=True, config=model.config)
    (found.sigmoid().log() * signs).sum().backward()
    assert relative(found.detach(), own.detach()) < 1e-5
    assert relative(gradient(model), expected) < 1e-5


def test_the_rows_of_one_by_one_are_the_same():
    model = tiny("llama")
    rows = rows_of(5)
    alone = to_batch(lay_out([merge([r]) for r in rows], alone=True, per_row=True))
    assert relative(row_logprobs(model, alone, shared=False, config=model.config), by_hand(model, rows)) < 1e-5


def test_shared_tokens_are_listed_for_each_row_and_computed_once():
    rows = [
        TokenRow("a", (5, 6, 7, 8, 9), 2),
        TokenRow("b", (5, 6, 7, 8, 4), 2),
        TokenRow("a again", (5, 6, 7, 8, 9), 2),
    ]
    layout = lay_out([merge(rows)], per_row=True)
    assert len(layout.targets) == 4  # 7, 8, then 9 or 4
    assert [layout.targets[m] for m in layout.members] == [7, 8, 9, 7, 8, 4, 7, 8, 9]
    assert layout.owners == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert [layout.input_ids[0][place] for place in layout.lasts] == [9, 4, 9]
    model = tiny("llama")
    batch = to_batch(layout)
    each = token_logprobs(model, batch, shared=True, config=model.config)
    assert each[:2].tolist() == each[3:5].tolist()
    total = summed_loss(model, batch, shared=True, config=model.config)
    assert float(by_row(each, batch).sum()) == pytest.approx(-float(total), rel=1e-6)


def test_rows_keep_their_numbers_where_trees_are_fitted_into_lines():
    rows = [TokenRow(str(n), tuple(range(3, 5 + n)), 1 + n % 2, str(n)) for n in (3, 9, 1, 12, 5)]
    layout = lay_out([merge([row]) for row in rows], per_row=True)
    assert len(layout.input_ids) < len(rows)
    for number, row in enumerate(rows):
        own = [layout.targets[m] for m, o in zip(layout.members, layout.owners, strict=True) if o == number]
        assert tuple(own) == row.tokens[row.answer_start :]


def test_temperature_divides_the_logits():
    model = tiny("llama")
    rows = rows_of(6)
    batch = merged(rows)
    warm = token_logprobs(model, batch, shared=True, config=model.config, temperature=2.0)
    with torch.no_grad():
        model.get_output_embeddings().weight.div_(2)
    assert relative(warm, token_logprobs(model, batch, shared=True, config=model.config)) < 1e-5


def test_a_layout_for_tuning_has_no_rows_in_it():
    assert merged(rows_of(1), per_row=False).keys() == {
        "input_ids",
        "position_ids",
        "ends",
        "sources",
        "targets",
        "weights",
    }
