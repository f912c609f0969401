"""Where a webhook may go: a table of addresses, public and not."""

from __future__ import annotations

import ipaddress

import pytest

from collector.notify.guard import AddressRefused, Place, chosen, place_of, refusal_of

PUBLIC = ["8.8.8.8", "1.1.1.1", "203.0.114.1", "172.15.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"]
INSIDE = [
    "0.0.0.0",  # noqa: S104  # an address to refuse
    "0.1.2.3",
    "10.0.0.1",
    "100.64.0.1",
    "100.100.100.200",
    "127.0.0.1",
    "127.255.255.254",
    "168.63.129.16",
    "169.254.169.254",
    "169.254.170.2",
    "172.16.0.1",
    "172.31.255.255",
    "192.0.0.192",
    "192.0.2.1",
    "192.88.99.1",
    "192.168.1.1",
    "198.18.0.1",
    "198.51.100.1",
    "203.0.113.1",
    "224.0.0.1",
    "239.255.255.255",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "::7f00:1",
    "::ffff:127.0.0.1",
    "::ffff:8.8.8.8",
    "::ffff:169.254.169.254",
    "64:ff9b::7f00:1",
    "64:ff9b:1::1",
    "100::1",
    "2001::1",
    "2001:db8::1",
    "2002:7f00:1::",
    "fc00::1",
    "fd00:ec2::254",
    "fe80::1",
    "fec0::1",
    "ff02::1",
]
PLACE = Place("hook.example", 443, "/", is_tls=True)


@pytest.mark.parametrize("address", PUBLIC)
def test_public_addresses_are_called(address: str) -> None:
    assert refusal_of(ipaddress.ip_address(address), allow_loopback=False) is None
    assert chosen(PLACE, [address], allow_loopback=False) == address


@pytest.mark.parametrize("address", INSIDE)
def test_no_address_inside_is_called(address: str) -> None:
    assert refusal_of(ipaddress.ip_address(address), allow_loopback=False) is not None
    with pytest.raises(AddressRefused, match="not a public address"):
        chosen(PLACE, [address], allow_loopback=False)


@pytest.mark.parametrize("address", [each for each in INSIDE if each not in {"127.0.0.1", "127.255.255.254", "::1"}])
def test_the_setting_for_tests_opens_loopback_alone(address: str) -> None:
    assert refusal_of(ipaddress.ip_address(address), allow_loopback=True) is not None


def test_one_address_inside_spoils_them_all() -> None:
    with pytest.raises(AddressRefused, match=r"10\.0\.0\.1"):
        chosen(PLACE, ["8.8.8.8", "10.0.0.1"], allow_loopback=False)


def test_a_scope_does_not_hide_an_address() -> None:
    with pytest.raises(AddressRefused):
        chosen(PLACE, ["fe80::1%eth0"], allow_loopback=False)


def test_a_name_without_an_address() -> None:
    with pytest.raises(AddressRefused, match="no address"):
        chosen(PLACE, [], allow_loopback=False)


def test_plain_http_goes_to_this_machine_alone() -> None:
    plain = Place("hook.example", 80, "/", is_tls=False)
    assert chosen(plain, ["127.0.0.1"], allow_loopback=True) == "127.0.0.1"
    with pytest.raises(AddressRefused, match="without TLS"):
        chosen(plain, ["8.8.8.8"], allow_loopback=True)


@pytest.mark.parametrize(
    ("address", "place"),
    [
        ("https://hook.example", Place("hook.example", 443, "/", is_tls=True)),
        ("https://hook.example:8443/a?b=c", Place("hook.example", 8443, "/a?b=c", is_tls=True)),
        ("https://[2606:4700::1111]/x", Place("2606:4700::1111", 443, "/x", is_tls=True)),
        ("HTTPS://HOOK.example/", Place("hook.example", 443, "/", is_tls=True)),
    ],
)
def test_addresses_are_taken_apart(address: str, place: Place) -> None:
    assert place_of(address, allow_loopback=False) == place


@pytest.mark.parametrize(
    "address",
    [
        "",
        "hook.example",
        "http://hook.example/",
        "ftp://hook.example/",
        "file:///etc/passwd",
        "gopher://hook.example/",
        "https://",
        "https:///path",
        "https://user@hook.example/",
        "https://user:pass@hook.example/",
        "https://hook.example#@evil.example/",
        "https://hook.example\\@evil.example/",
        "https://hook.example/a b",
        "https://hook.example/\r\nX-A: b",
        "https://hook.example/\x00",
        "https://hook.example:99999/",
        "https://hook.example:x/",
        "https://[::1",
        "https://höok.example/",
        "https://hook.example/" + "a" * 2_000,
    ],
)
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(AddressRefused):
        place_of(address, allow_loopback=False)
