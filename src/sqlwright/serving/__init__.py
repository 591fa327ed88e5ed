"""Questions of many people at once: the service behind the chat page, the OpenAI-compatible API and MCP."""

from .connection import Connection
from .service import BusyError, Service, ServiceOptions

__all__ = ["BusyError", "Connection", "Service", "ServiceOptions"]
