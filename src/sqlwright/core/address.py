"""Where a URL leads: to this machine, to its network, or beyond."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

_LOCAL_SUFFIXES = (".local", ".localhost", ".internal", ".lan")


def remote_host(url: str) -> str:
    """The host of `url`; "" where it is this machine by name or by address."""
    host = _host(url)
    return "" if host == "localhost" or _is_loopback(host) else host


def is_near(url: str) -> bool:
    """Whether the host is this machine or a private address: requests to it go past any proxy."""
    host = _host(url)
    if host == "localhost" or ("." not in host and ":" not in host):
        return True
    try:
        return ipaddress.ip_address(host).is_private
    except ValueError:
        return host.endswith(_LOCAL_SUFFIXES)


def _host(url: str) -> str:
    return urlsplit(url if "://" in url else f"//{url}").hostname or ""


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:  # a name, also one such as 127.example.com
        return False
