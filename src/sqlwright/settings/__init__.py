"""Settings of the person who runs the commands: defaults and named connections, in one file of theirs."""

from .connections import Connection, is_name, resolve
from .settings import DEFAULTS, Settings, read_settings, setting, settings_path, write_settings

__all__ = [
    "DEFAULTS",
    "Connection",
    "Settings",
    "is_name",
    "read_settings",
    "resolve",
    "setting",
    "settings_path",
    "write_settings",
]
