"""BLEU and ROUGE-L between predicted and gold SQL: how alike the texts are, which says nothing of being right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..core import MissingExtraError


@dataclass(frozen=True, slots=True)
class TextScore:
    """`corpus` over all pairs and `items` one by one, each in [0, 1]."""

    corpus: float
    items: tuple[float, ...]


def bleu(predictions: Sequence[str], golds: Sequence[str]) -> TextScore:
    """BLEU-4 by sacrebleu (Post, WMT 2018) with its 13a tokenizer; single items with exponential smoothing."""
    try:
        from sacrebleu.metrics.bleu import BLEU
    except ImportError as error:
        raise MissingExtraError("BLEU needs sacrebleu.", "prove") from error
    _check(predictions, golds)
    if not predictions:
        return TextScore(0.0, ())
    corpus = BLEU().corpus_score(list(predictions), [list(golds)]).score / 100
    sentence = BLEU(effective_order=True)
    items = [sentence.sentence_score(p, [g]).score / 100 for p, g in zip(predictions, golds, strict=True)]
    return TextScore(min(1.0, corpus), tuple(min(1.0, i) for i in items))


def rouge_l(predictions: Sequence[str], golds: Sequence[str]) -> TextScore:
    """ROUGE-L F1 by rouge-score (Lin, 2004): the longest common subsequence of words; `corpus` is the mean."""
    try:
        from rouge_score.rouge_scorer import RougeScorer
    except ImportError as error:
        raise MissingExtraError("ROUGE-L needs rouge-score.", "prove") from error
    _check(predictions, golds)
    scorer = RougeScorer(["rougeL"], use_stemmer=False)
    items = tuple(float(scorer.score(g, p)["rougeL"].fmeasure) for p, g in zip(predictions, golds, strict=True))
    return TextScore(sum(items) / len(items) if items else 0.0, items)


def _check(predictions: Sequence[str], golds: Sequence[str]) -> None:
    if len(predictions) != len(golds):
        raise ValueError(f"expected one gold per prediction, found {len(golds)} for {len(predictions)}")
