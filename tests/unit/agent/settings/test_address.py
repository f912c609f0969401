from __future__ import annotations

import pytest

from agent.settings.address import address_problem, is_plain, proxy_problem


@pytest.mark.parametrize(
    "address",
    [
        "https://collector.example",
        "https://c.example:8443/base",
        "http://127.0.0.1:80",
        "http://[::1]:1",
        "http://localhost",
    ],
)
def test_usable(address: str) -> None:
    assert address_problem(address) is None
    assert is_plain(address) == address.startswith("http://")


@pytest.mark.parametrize(
    "address",
    [
        "http://collector.example",
        "http://127.0.0.1.evil.example",
        "http://127.evil.example",
        "http://0.0.0.0",
        "http://10.0.0.1",
        "ftp://collector.example",
        "collector.example",
        "https://",
        "https://user:secret@collector.example",
        "https://c.example:99999",
        "https://c.example:0",
        "https://c.example/?x=1",
        "https://[half",
    ],
)
def test_not_usable(address: str) -> None:
    assert address_problem(address) is not None


def test_proxies() -> None:
    for usable in ("http://proxy.example:3128", "proxy.example:3128", "http://clinic:word@10.0.0.1/"):
        assert proxy_problem(usable) is None
    for other in ("https://proxy.example", "socks5://proxy.example:1080", "http://", "http://proxy:port", "//x/y"):
        assert proxy_problem(other) is not None
