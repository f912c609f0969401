"""A conversation ends when its time is over, however busy it looks."""

from __future__ import annotations

import socket

import pytest

from collector.notify.watchdog import Watchdog


def test_a_read_that_waits_ends() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Watchdog(0.05) as watchdog:
        watchdog.watch(ours)
        assert ours.recv(1) == b""
        assert watchdog.has_bitten


def test_a_socket_that_comes_too_late_is_shut_at_once() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs, Watchdog(60) as watchdog:
        watchdog._bite()
        watchdog.watch(ours)
        assert ours.recv(1) == b""


def test_in_time_nothing_happens() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        with Watchdog(60) as watchdog:
            watchdog.watch(ours)
        theirs.sendall(b"x")
        assert ours.recv(1) == b"x"
        assert not watchdog.has_bitten


def test_a_closed_socket_is_no_harm() -> None:
    ours, theirs = socket.socketpair()
    ours.close()
    with theirs, Watchdog(60) as watchdog:
        watchdog.watch(ours)
        watchdog._bite()
    with pytest.raises(OSError, match="descriptor"):
        ours.recv(1)
