"""Preference tuning and reinforcement learning on trees: how many tokens are left to compute.

    python benchmarks/preference.py --data spider/train_spider.json --databases spider/database --model smollm2

Counts, with the tokenizer of `--model` and the prompts that training would use, the tokens of pairs (a right and a
wrong answer) and of groups of eight answers: each row alone, padding left out, against one tree for each database.
The wrong answers are gold queries of other questions about the same database, so that lengths are those of real SQL.
"""

from __future__ import annotations

import argparse
import random
import sys
from collections import defaultdict

TOGETHER = (1, 8, 32)  # questions of one database in a tree
GROUP = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", required=True)
    parser.add_argument("--databases", required=True)
    parser.add_argument("--model", required=True)
    parser.add_argument("--questions", type=int, default=32, help="of each database")
    parser.add_argument("--count", type=int, default=10, help="databases, those with the most questions left out")
    parser.add_argument("--style", default=None, help="schema style, such as names")
    parser.add_argument("--plain", action="store_true", help="without stored values and hints")
    arguments = parser.parse_args()
    print(" ".join(sys.argv))
    rows = rows_of(arguments)
    print(f"{'':12}{'questions of a database':>26}{'tokens of rows':>16}{'computed':>12}{'factor':>8}")
    for name, answers in (("pairs", 2), (f"groups of {GROUP}", GROUP)):
        for together in TOGETHER:
            plain, computed = counted(rows, answers, together)
            print(f"{name:12}{together:>26}{plain:>16,.0f}{computed:>12,.0f}{plain / computed:>8.1f}")


def rows_of(arguments: argparse.Namespace) -> dict[str, list]:
    """By database, for each question GROUP rows: its gold query and those of others."""
    from transformers import AutoTokenizer

    from sqlwright.data import Contexts, DatabaseFolder, PromptOptions, read_examples
    from sqlwright.generation.find import find_model
    from sqlwright.training.data.tokenize import Tokenizing, template_of

    databases = DatabaseFolder(arguments.databases)
    by_database = defaultdict(list)
    for example in read_examples(arguments.data):
        if example.db_id in databases:
            by_database[example.db_id].append(example)
    rng = random.Random(0)
    enough = [name for name, found in sorted(by_database.items()) if len(found) >= arguments.questions]
    chosen = rng.sample(enough, min(arguments.count, len(enough)))
    tokenizer = AutoTokenizer.from_pretrained(find_model(arguments.model))
    how = Tokenizing(tokenizer, template_of(tokenizer, ""), 1 << 20)
    samples = 0 if arguments.plain else 3
    contexts = Contexts(databases, None, PromptOptions("default", arguments.style, samples, not arguments.plain))
    rows = {}
    for name in chosen:
        examples = rng.sample(by_database[name], arguments.questions)
        golds = sorted({e.gold_sql for e in by_database[name]})
        rows[name] = []
        for example in examples:
            others = rng.sample([g for g in golds if g != example.gold_sql], GROUP - 1)
            prompt = contexts.prompt(example)
            rows[name].append([how.row(prompt, sql, "", name) for sql in [example.gold_sql, *others]])
    return rows


def counted(rows: dict[str, list], answers: int, together: int) -> tuple[float, float]:
    """Tokens a question: of its rows, and as computed."""
    from sqlwright.training.prefix.tree import merge

    plain = computed = questions = 0
    for groups in rows.values():
        for start in range(0, len(groups), together):
            piece = [row for group in groups[start : start + together] for row in group[:answers]]
            plain += sum(len(row.tokens) for row in piece)
            computed += len(merge(piece))
        questions += len(groups)
    return plain / questions, computed / questions


if __name__ == "__main__":
    main()
