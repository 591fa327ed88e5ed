"""ModelScope and its mirrors, through modelscope-hub."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from ..core import MissingExtraError, NotFoundError, SqlwrightError
from .hub import Kind, Remote, RemoteFile

BRANCH = "master"


class ModelScope:
    title = "ModelScope"

    def __init__(self, mirror: str = "") -> None:
        self.api = _client(mirror)
        self.endpoint = _endpoint(mirror)
        self.host = urlsplit(self.endpoint).netloc

    def find(self, kind: Kind, name: str, revision: str = "") -> Remote:
        with self._said(name):
            info = self.api.get_repo(name, kind)
            listed = self.api.list_repo_files(name, kind, revision=revision or BRANCH)
        files = tuple(RemoteFile(f.path, int(f.size or 0), f.sha256 or "") for f in listed if not f.is_dir)
        url = f"{self.endpoint}/{kind}s/{name}"
        return Remote("modelscope", kind, name, revision or BRANCH, str(info.license or ""), url, files)

    def download(self, remote: Remote, folder: Path, paths: Sequence[str]) -> None:
        with self._said(remote.name):
            self.api.download_repo(
                remote.name, remote.kind, revision=remote.revision, local_dir=folder, allow_patterns=list(paths)
            )

    def upload(self, folder: Path, kind: Kind, name: str, *, private: bool, message: str) -> str:
        with self._said(name):
            if not self.api.repo_exists(name, kind):
                self.api.create_repo(name, kind, visibility="private" if private else "public")
            self.api.upload_folder(name, kind, folder, commit_message=message, disable_tqdm=True, use_cache=False)
        return f"{self.endpoint}/{kind}s/{name}"

    @contextmanager
    def _said(self, name: str) -> Iterator[None]:
        from modelscope_hub.errors import HubError, NotExistError

        try:
            yield
        except NotExistError as error:
            raise NotFoundError(f"No {name!r} at {self.host}.", "A private one needs MODELSCOPE_API_TOKEN.") from error
        except (HubError, OSError) as error:
            text = f"{type(error).__name__}: {str(error)[:200]}"
            raise SqlwrightError(f"{self.host} gave an error: {text}", "Run the command again to go on.") from error


def _endpoint(mirror: str) -> str:
    """As the client finds it: the mirror, MODELSCOPE_ENDPOINT, or ModelScope itself."""
    from modelscope_hub.config import HubConfig

    return mirror.rstrip("/") or str(HubConfig().endpoint)


def _client(mirror: str) -> Any:
    try:
        from modelscope_hub import HubApi
    except ImportError:
        raise MissingExtraError("ModelScope needs its client.", "hub") from None
    return HubApi(endpoint=mirror.rstrip("/")) if mirror else HubApi()
