"""The Hugging Face hub and its mirrors, through huggingface_hub."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ..core import MissingExtraError, NotFoundError, SqlwrightError
from .hub import Kind, Remote, RemoteFile

if TYPE_CHECKING:
    from huggingface_hub import HfApi


class HuggingFace:
    title = "the Hugging Face hub"

    def __init__(self, mirror: str = "") -> None:
        self.api: HfApi = _client(mirror)
        self.host = urlsplit(self.api.endpoint).netloc

    def find(self, kind: Kind, name: str, revision: str = "") -> Remote:
        with self._said(name):
            info: Any = self.api.repo_info(name, repo_type=kind, revision=revision or None, files_metadata=True)
        card = getattr(info, "card_data", None)
        files = tuple(_file(found) for found in info.siblings or ())
        license_name = card.get("license") if card is not None else ""
        place = name if kind == "model" else f"datasets/{name}"
        url = f"{self.api.endpoint}/{place}"
        return Remote("huggingface", kind, name, str(info.sha), _joined(license_name), url, files)

    def download(self, remote: Remote, folder: Path, paths: Sequence[str]) -> None:
        with self._said(remote.name):
            self.api.snapshot_download(
                remote.name,
                repo_type=remote.kind,
                revision=remote.revision,
                local_dir=folder,
                allow_patterns=list(paths),
            )

    def upload(self, folder: Path, kind: Kind, name: str, *, private: bool, message: str) -> str:
        with self._said(name):
            self.api.create_repo(name, repo_type=kind, private=private, exist_ok=True)
            self.api.upload_folder(repo_id=name, repo_type=kind, folder_path=folder, commit_message=message)
        place = name if kind == "model" else f"datasets/{name}"
        return f"{self.api.endpoint}/{place}"

    @contextmanager
    def _said(self, name: str) -> Iterator[None]:
        from huggingface_hub.errors import (
            GatedRepoError,
            HfHubHTTPError,
            HFValidationError,
            LocalEntryNotFoundError,
            RepositoryNotFoundError,
            RevisionNotFoundError,
        )

        try:
            yield
        except GatedRepoError as error:
            hint = f"Accept its terms at {self.api.endpoint}/{name}, and set HF_TOKEN."
            raise SqlwrightError(f"{name!r} is gated.", hint) from error
        except (RepositoryNotFoundError, RevisionNotFoundError, HFValidationError) as error:
            raise NotFoundError(f"No {name!r} at {self.host}.", "A private one needs HF_TOKEN.") from error
        except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
            text = f"{type(error).__name__}: {str(error).splitlines()[0][:200] if str(error) else ''}"
            raise SqlwrightError(f"{self.host} gave an error: {text}", "Run the command again to go on.") from error
        except Exception as error:  # of the HTTP client, which is another one in each version
            if not type(error).__module__.startswith(("httpx", "httpcore", "requests")):
                raise
            raise SqlwrightError(
                f"{self.host} cannot be reached: {type(error).__name__}.", "Run the command again to go on."
            ) from error


def _client(mirror: str) -> HfApi:
    try:
        from huggingface_hub import HfApi
    except ImportError:
        raise MissingExtraError("The Hugging Face hub needs its client.", "train") from None
    return HfApi(endpoint=mirror.rstrip("/") or os.environ.get("HF_ENDPOINT") or None)


def _file(found: Any) -> RemoteFile:
    return RemoteFile(found.rfilename, found.size or 0, (found.lfs or {}).get("sha256", "") if found.lfs else "")


def _joined(value: Any) -> str:
    return ", ".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value or "")
