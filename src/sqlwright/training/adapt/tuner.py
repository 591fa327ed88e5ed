"""What `adapt` asks of a kind of model: to be asked as it is, to be tuned, and to be put in its place."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

from ...core import Example
from ...data.databases import Databases
from ...evaluation.predict_options import PredictOptions
from ...generation import Generator

Learn = Mapping[str, tuple[Sequence[Example], Databases]]  # "verified", "synthetic" and "public" questions
SHARES = {"verified": 0.35, "public": 0.3}  # of what a run reads; synthetic pairs are the rest
MOST_OFTEN = 12  # times that a run shows a verified pair: a few are not to be learned by heart


class Tuner(Protocol):
    """`base` names the model that is tuned, `settings` are the run's; both are shown, and make a run another one."""

    @property
    def base(self) -> str: ...

    def settings(self) -> dict[str, Any]: ...

    def base_fingerprint(self) -> str:
        """Another one when the base's files change; "" where nobody here could tell."""
        ...

    def asked_with(self) -> PredictOptions:
        """How base and tuned model are asked: as the tuned one was taught."""
        ...

    def untuned(self) -> Generator: ...

    def tuned(self, folder: Path, name: str) -> Generator:
        """What `tune` made in `folder`."""
        ...

    def tune(self, learn: Learn, folder: Path, on_log: Callable[[Mapping[str, Any]], None]) -> None:
        """Goes on where it was stopped; a finished model stays as it is."""
        ...

    def files(self, folder: Path) -> Sequence[Path]:
        """Those that are the model, of which the last makes a folder one."""
        ...
