"""Models and data sets on the Hugging Face hub and on ModelScope: found, fetched and published."""

from .fetch import fetch
from .hub import Hub, HubName, Kind, Remote, RemoteFile, hub_named
from .publish import publish, published_files

__all__ = ["Hub", "HubName", "Kind", "Remote", "RemoteFile", "fetch", "hub_named", "publish", "published_files"]
