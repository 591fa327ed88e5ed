"""Questions of many people at once: the service behind the chat page, the OpenAI-compatible API and MCP."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .connection import Connection
    from .service import BusyError, Service, ServiceOptions

__all__ = ["BusyError", "Connection", "Service", "ServiceOptions"]


def __getattr__(name: str) -> Any:
    """Imported on first use: the studio and its jobs do without a service."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    if name == "Connection":
        return import_module(".connection", __package__).Connection
    return getattr(import_module(".service", __package__), name)
