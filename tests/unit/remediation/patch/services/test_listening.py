from __future__ import annotations

import socket
from pathlib import Path

from remediation.patch.services.listening import listening_ports


def test_a_listener_of_either_family_is_found_until_it_closes() -> None:
    with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
        four.bind(("127.0.0.1", 0))
        four.listen()
        six.bind(("::1", 0))
        six.listen()
        ports = {four.getsockname()[1], six.getsockname()[1]}
        assert ports <= listening_ports()
    assert not ports & listening_ports()


def test_a_kernel_without_ipv6_has_no_second_table(tmp_path: Path) -> None:
    assert listening_ports([tmp_path / "none"]) == frozenset()
