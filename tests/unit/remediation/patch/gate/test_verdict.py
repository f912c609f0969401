from __future__ import annotations

import pytest

from remediation.patch.errors import PatchRefused
from remediation.patch.gate.verdict import faults_of, http_place, is_decided, tcp_place, too_many_errors
from remediation.patch.manifest import Gate, Probe


def test_addresses_on_this_host() -> None:
    assert http_place("http://127.0.0.1:8080/a?b=c") == ("127.0.0.1", 8080, "/a?b=c")
    assert http_place("http://localhost") == ("localhost", 80, "/")
    assert http_place("http://[::1]:81/x") == ("::1", 81, "/x")
    assert tcp_place("[::1]:80") == ("::1", 80)


@pytest.mark.parametrize("address", [
    "https://127.0.0.1/", "http://10.0.0.1/", "http://evil.test/", "http://127.0.0.1.evil.test/", "file:///etc/passwd",
    "http://127.0.0.1:99999/", "http://127.0.0.1@10.0.0.1/", "http://[::1", "", "http://2130706433/",
])  # fmt: skip
def test_other_addresses_are_refused(address: str) -> None:
    with pytest.raises(PatchRefused):
        http_place(address)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1:80", "127.0.0.1:0", "127.0.0.1:70000", "127.0.0.1:x", ":1"])
def test_other_ports_are_refused(address: str) -> None:
    with pytest.raises(PatchRefused):
        tcp_place(address)


def test_a_verdict_is_known_as_soon_as_nothing_can_change_it() -> None:
    probe = Probe(name="a", kind="tcp", tries=5, good=3)
    assert [is_decided(probe, good, tried) for good, tried in ((2, 4), (3, 3), (0, 2), (0, 3), (2, 5))] == [
        False, True, False, True, True,
    ]  # fmt: skip


def test_probes_that_could_never_say_anything() -> None:
    probes = [
        Probe(name="a", kind="tcp", tries=1, good=2),
        Probe(name="b", kind="command"),
        Probe(name="c", kind="version"),
        Probe(name="d", kind="version", target="/srv/version", tries=1, good=1),
    ]
    assert [fault.partition(":")[0] for fault in faults_of(Gate(probes=probes))] == ["a", "b", "c"]


def test_a_quiet_hour_before_does_not_make_one_error_too_many() -> None:
    assert not too_many_errors(0, 3, 600, 1)
    assert too_many_errors(0, 4, 600, 1)
    assert not too_many_errors(3_600, 100, 1, 2), "the rate of a second says nothing"
