"""How many tokens a query needs to come to its end."""

from __future__ import annotations

from .grammar import least_tokens
from .scope import FREE_CONDITIONS, Frame, State


def least_end(state: State) -> int:
    """About the fewest tokens that finish the query: those of the grammar, and what its frames still owe.

    Close enough that a search which keeps a few tokens back always finishes.
    """
    owed = sum(_owed(f) for f in state.frames)
    frames, f = state.frames, state.frame
    if frames and f.source == ():
        owed += len(f.outs) + 1 if len(f.outs) > 1 else 0
    owed += sum(_other_side_owed(frames[i:]) for i, frame in enumerate(frames) if frame.clause == "set")
    return least_tokens(state.stack) + owed


def _other_side_owed(frames: tuple[Frame, ...]) -> int:
    """Outputs beyond the first that the sides of a set operation, the first of `frames`, still have to give."""
    operation, *inner = frames
    width = _width(frames)
    side = width + 1 if width > 1 else 0  # and a group, where some outputs are aggregates
    if operation.outputs:
        return 0 if inner else side
    return side if inner else 2 * side


def _width(frames: tuple[Frame, ...]) -> int:
    """How many outputs the query of these frames has at least."""
    f = frames[0]
    if f.clause != "set":
        return max(_begun(f), len(f.need))
    return len(f.outputs) or (_width(frames[1:]) if len(frames) > 1 else max(1, len(f.need)))


def _begun(f: Frame) -> int:
    """Outputs written or, as the stack counts, being written."""
    return len(f.outputs) + (f.clause == "select" and bool(f.item or not f.outputs))


def _owed(f: Frame) -> int:
    if f.clause not in ("select", "from", "where"):
        return int(f.names_a_use)
    owed = max(0, len(f.need) - _begun(f))
    sourced = 0
    if f.outs and f.source is None:
        sourced = (5 if f.clause == "select" else 3) + len(f.outs)
        sourced += 2 * (len(f.outs) > 1)
    uses = int(f.names_a_use and not f.must_join)
    if uses and f.clause == "select":
        uses = 3 + 4 * (1 + FREE_CONDITIONS)  # the other use has to be joined
    # Outputs still to be written may turn out to be columns beside aggregates, or the other way round.
    group = f.mixed or (owed > 0 and f.clause == "select")
    return owed + sourced + 2 * group + _joins_owed(f) + uses


def _joins_owed(f: Frame) -> int:
    """Join conditions: each is `on`, two columns and a word for which use; -3 is what the stack counts of one."""
    apart = len(f.unjoined) + max(0, len(f.groups) - 1)
    if not apart:
        return 0
    written = f.conditions + (f.equating > 0)
    owed = 4 * (apart + max(0, FREE_CONDITIONS - written))
    if f.clause == "select":
        return owed + 2
    return owed - 3 * (f.equating < 0 or f.must_join)
