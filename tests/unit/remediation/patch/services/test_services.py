from __future__ import annotations

import socket
import time
from pathlib import Path

import pytest

from remediation.backup.programs import Programs
from remediation.patch.errors import StepFailed
from remediation.patch.services.services import HostServices, Means
from tests.fakes.database_servers import free_port
from tests.fakes.service_manager import by_lists, made, unit


def services(folder: Path) -> HostServices:
    path = made(folder)
    (folder / "patches").mkdir()
    means = Means(
        Programs(time.monotonic, path=path),
        time.monotonic,
        time.sleep,
        control_groups=folder / "groups",
        drop_ins=folder / "units",
    )
    return HostServices(folder / "patches", means)


def test_a_unit_starts_and_stops(tmp_path: Path) -> None:
    host, app = services(tmp_path), unit()
    assert not host.is_running(app)
    host.start(app)
    assert host.is_running(app)
    host.stop(app)
    host.stop(app)
    assert not host.is_running(app)


def test_a_stop_that_lies_is_found(tmp_path: Path) -> None:
    host, app = services(tmp_path), unit()
    host.start(app)
    (tmp_path / "stubborn").touch()
    with pytest.raises(StepFailed, match=r"does not stop: the unit is active; 1 processes are left"):
        host.stop(app)


def test_a_unit_that_says_it_is_inactive_and_has_processes_is_not_stopped(tmp_path: Path) -> None:
    host, app = services(tmp_path), unit()
    host.start(app)
    (tmp_path / "app.service.state").write_text("inactive\n")
    (tmp_path / "stubborn").touch()
    with pytest.raises(StepFailed, match="1 processes are left"):
        host.stop(app)


def test_an_open_port_means_that_it_did_not_stop(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        host, app = services(tmp_path), unit(ports=[other.getsockname()[1]])
        host.start(app)
        with pytest.raises(StepFailed, match="is open"):
            host.stop(app)
    host.stop(app)


def test_starts_that_fail_or_lie_are_found(tmp_path: Path) -> None:
    host, app = services(tmp_path), unit()
    (tmp_path / "broken").touch()
    with pytest.raises(StepFailed, match="bad unit"):
        host.start(app)
    (tmp_path / "broken").unlink()
    (tmp_path / "lies").touch()
    with pytest.raises(StepFailed, match="nothing of it runs"):
        host.start(app)


def test_a_manager_that_does_not_answer_is_no_stopped_service(tmp_path: Path) -> None:
    host, app = services(tmp_path), unit()
    (tmp_path / "deaf").touch()
    with pytest.raises(StepFailed, match="no bus"):
        host.is_running(app)
    with pytest.raises(StepFailed, match="no bus"):
        host.hold([app])


def test_a_held_service_is_not_started(tmp_path: Path) -> None:
    host, app = services(tmp_path), unit()
    for _ in range(2):
        host.hold([app])
    with pytest.raises(StepFailed, match="is held"):
        host.start(app)
    for _ in range(2):
        host.let_go([app])
    host.start(app)
    assert (tmp_path / "calls").read_text().count("daemon-reload") == 3


def test_a_product_without_a_service_manager(tmp_path: Path) -> None:
    """Real processes: it goes into the background by itself and listens."""
    host, product = services(tmp_path), by_lists(tmp_path, free_port())
    assert not host.is_running(product)
    host.start(product)
    try:
        assert host.is_running(product)
        stubborn = by_lists(tmp_path, product.ports[0], stop=["/bin/true"], stop_s=0.3)
        with pytest.raises(StepFailed, match="its status program says that it runs"):
            host.stop(stubborn)
    finally:
        host.stop(product)
    assert not host.is_running(product)


def test_a_status_program_that_does_not_end_is_an_error(tmp_path: Path) -> None:
    host = services(tmp_path)
    with pytest.raises(StepFailed, match="cannot be asked"):
        host.is_running(by_lists(tmp_path, 1, status=["/nonexistent/status"]))
