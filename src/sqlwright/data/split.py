"""Cut a data set into parts that share no dialogue, no question and, on request, no database.

Groups are put in order by the SHA-256 of the seed and their text (of a dialogue, its id), so a split is the same on
every machine and Python version, whatever the order of the file.
"""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence

from ..core import Example, UsageError

PART_NAMES = {2: ("train", "test"), 3: ("train", "dev", "test")}


def parse_ratio(text: str) -> tuple[float, ...]:
    """Shares that add up to 1, from "7:3" or "8:1:1". Raises UsageError."""
    try:
        parts = [float(p) for p in text.split(":")]
    except ValueError:
        parts = []
    if len(parts) not in PART_NAMES or not all(0 < p < float("inf") for p in parts):
        raise UsageError(f"The ratio {text!r} is not two or three positive numbers.", "Write 7:3 or 8:1:1.")
    return tuple(p / sum(parts) for p in parts)


def plan_split(
    examples: Iterable[Example], ratio: Sequence[float], *, seed: int = 0, by_database: bool = False
) -> list[int]:
    """The part of each example, in order, as an index into `ratio`.

    Groups (a dialogue, equal questions on one database, or with `by_database` all of one database) go in the order of
    their hashes, each to the part that lacks most, so parts come as near to `ratio` as whole groups allow.
    """
    keys = [group_key(e, by_database) for e in examples]
    lacking = [share * len(keys) for share in ratio]
    part_of: dict[str, int] = {}
    for key, size in _in_hash_order(keys, seed):
        part = max(range(len(ratio)), key=lambda i: lacking[i])
        part_of[key] = part
        lacking[part] -= size
    return [part_of[key] for key in keys]


def plan_sample(examples: Iterable[Example], size: int, *, seed: int = 0, by_database: bool = False) -> list[bool]:
    """Which examples belong to a fixed sample of `size`, or of the nearest smaller size that whole groups give.

    Raises UsageError where there are fewer.
    """
    keys = [group_key(e, by_database) for e in examples]
    if not 0 < size <= len(keys):
        raise UsageError(f"A sample of {size} from {len(keys)} questions is not possible.")
    chosen, left = set(), size
    for key, count in _in_hash_order(keys, seed):
        if count <= left:
            chosen.add(key)
            left -= count
    return [key in chosen for key in keys]


def split_examples(
    examples: Sequence[Example], ratio: Sequence[float], *, seed: int = 0, by_database: bool = False
) -> tuple[tuple[Example, ...], ...]:
    """The parts themselves, each in the order of `examples`; see `plan_split`."""
    plan = plan_split(examples, ratio, seed=seed, by_database=by_database)
    return tuple(
        tuple(e for e, part in zip(examples, plan, strict=True) if part == wanted) for wanted in range(len(ratio))
    )


def group_key(example: Example, by_database: bool = False) -> str:
    """Equal for examples that must stay together, as a digest, which keeps a plan of millions small."""
    database = example.db_id or " ".join(example.ddl.casefold().split())
    if by_database:
        parts = ["database", database]
    elif example.dialogue_id:
        parts = ["dialogue", example.dialogue_id]
    else:
        parts = ["question", database, " ".join(example.question.casefold().split())]
    return hashlib.sha256("\0".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _in_hash_order(keys: Sequence[str], seed: int) -> list[tuple[str, int]]:
    sizes: dict[str, int] = defaultdict(int)
    for key in keys:
        sizes[key] += 1
    return sorted(sizes.items(), key=lambda item: hashlib.sha256(f"{seed}:{item[0]}".encode()).digest())
