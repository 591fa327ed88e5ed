"""Which hosts are this machine, and which are near."""

from __future__ import annotations

import pytest

from sqlwright.core.address import is_near, remote_host


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://localhost:11434/v1", ""),
        ("http://127.0.0.1/v1", ""),
        ("http://127.8.9.10:80/v1", ""),
        ("http://[::1]:8000/v1", ""),
        ("https://api.openai.com/v1", "api.openai.com"),
        ("http://user:secret@models.example/v1", "models.example"),
        ("http://10.0.0.7/v1", "10.0.0.7"),
        ("models.example/v1", "models.example"),
        ("models.example:8000", "models.example"),
        ("http://gpu-box/v1", "gpu-box"),
        ("http://127.example.com/v1", "127.example.com"),
        ("http://127.0.0.1.example.com/v1", "127.0.0.1.example.com"),
        ("http://localhost.example.com/v1", "localhost.example.com"),
    ],
)
def test_only_this_machine_is_not_remote(url, host):
    assert remote_host(url) == host


@pytest.mark.parametrize(
    ("url", "near"),
    [
        ("http://localhost:1/v1", True),
        ("http://10.0.0.7/v1", True),
        ("http://[::1]:8000/v1", True),
        ("http://gpu-box/v1", True),
        ("https://api.openai.com/v1", False),
        ("http://8.8.8.8/v1", False),
    ],
)
def test_only_far_servers_are_reached_through_a_proxy(url, near):
    assert is_near(url) is near
