"""What a hub offers: a repository with its license and files, a download that goes on where it stopped, an upload."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Protocol

HubName = Literal["huggingface", "modelscope"]
Kind = Literal["model", "dataset"]


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """`sha256` is "" where the hub does not say it, as for small files on the Hugging Face hub."""

    path: str
    size: int
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Remote:
    """A repository at one revision; `license` is "" where it states none."""

    hub: HubName
    kind: Kind
    name: str
    revision: str
    license: str
    url: str
    files: tuple[RemoteFile, ...]

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)


class Hub(Protocol):
    """One hub, or a mirror of it. Each method raises SqlwrightError for what the hub or the network refuses."""

    title: str
    host: str

    def find(self, kind: Kind, name: str, revision: str = "") -> Remote: ...

    def download(self, remote: Remote, folder: Path, paths: Sequence[str]) -> None:
        """Write the files into `folder`; a file that is partly there is continued."""
        ...

    def upload(self, folder: Path, kind: Kind, name: str, *, private: bool, message: str) -> str:
        """Make the repository if it is not there, and write every file of `folder` to it; returns its address."""
        ...


def hub_named(name: HubName, mirror: str = "") -> Hub:
    """`mirror` is the address of another server with the same interface. Raises MissingExtraError."""
    if name == "modelscope":
        from .model_scope import ModelScope

        return ModelScope(mirror)
    from .hugging_face import HuggingFace

    return HuggingFace(mirror)
