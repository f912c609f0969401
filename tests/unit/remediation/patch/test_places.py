"""Only this host, and only in its plain form."""

from __future__ import annotations

import pytest

from remediation.patch.gate.verdict import http_place, tcp_place
from remediation.patch.places import is_absolute_path, is_loopback_address, is_loopback_url


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.8.9.1:65535", "localhost:80", "[::1]:8080"])
def test_this_host(address: str) -> None:
    assert is_loopback_address(address)
    assert is_loopback_url(f"http://{address}/health?deep=1")


@pytest.mark.parametrize(
    "address",
    [
        "",
        "127.0.0.1",
        "127.0.0.1:0",
        "127.0.0.1:65536",
        "127.0.0.1:080",
        "127.1:80",
        "10.0.0.1:80",
        "0.0.0.0:80",
        "[::]:80",
        "[::ffff:10.0.0.1]:80",
        "localhost.evil.test:80",
        "user@127.0.0.1:80",
        "127.0.0.1:80\n",
        "169.254.169.254:80",
    ],
)
def test_other_hosts(address: str) -> None:
    assert not is_loopback_address(address)
    assert not is_loopback_url(f"http://{address}/")


@pytest.mark.parametrize(
    "url",
    [
        "ftp://127.0.0.1:80/",
        "https://127.0.0.1:443/",  # nobody could tell whose certificate it is
        "file:///etc/passwd",
        "http://127.0.0.1:80@evil.test/",
        "http://127.0.0.1:80\\@evil.test/",
        "http://127.0.0.1:80/ x",
        "http://127.0.0.1:80/#x",
        "http://[::1/",
        "//127.0.0.1:80/",
    ],
)
def test_addresses_that_pretend(url: str) -> None:
    assert not is_loopback_url(url)


def test_absolute_paths() -> None:
    assert is_absolute_path("/opt/his/VERSION")
    for path in ("", "/", "opt", "//opt", "/opt/", "/opt/../etc", "/opt/./x", "/opt\n"):
        assert not is_absolute_path(path)


@pytest.mark.parametrize("address", ["127.0.0.1:1", "localhost:80", "[::1]:8080"])
def test_whoever_asks_understands_what_passes_here(address: str) -> None:
    host, port = tcp_place(address)
    assert http_place(f"http://{address}/a?b") == (host, port, "/a?b")
