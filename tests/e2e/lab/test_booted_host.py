"""The shipped directory under the shipped units on a Debian that really boots: what docs/security.md says of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deploy.lab import product
from deploy.lab.host import Host, booted, missing_tools
from deploy.lab.image import cache_folder, debian_root
from remediation.trust.key_file import write_key_file
from tests.fakes.lab_site import (
    AGENT,
    CARRIED,
    EXECUTOR,
    EXECUTOR_FOLDER,
    SERVICE,
    SOCKET,
    STATE,
    LabSite,
    wait,
)
from wire.documents.envelope import Envelope, encode_envelope

pytestmark = [pytest.mark.e2e, pytest.mark.root, pytest.mark.slow, pytest.mark.timeout(180)]

DAC_READ_SEARCH = 1 << 2
IDLE_S = 2
# As any unit is that says nothing: the control of what the executor's unit takes away.
PLAIN_UNIT = ("systemd-run", "--quiet", "--pipe", "--wait")
CONNECT = """
import socket, sys
door = socket.socket(socket.AF_UNIX)
door.settimeout(20)
try:
    door.connect(sys.argv[1])
    print("closed" if door.recv(1) == b"" else "answered")
except OSError as error:
    print(type(error).__name__)
"""


def checked(command: Any) -> None:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    if ran.returncode and os.environ.get("CI") != "true":
        pytest.skip(f"{command[0]} could not fetch what the host is made of: {ran.stderr[-300:]}")
    assert ran.returncode == 0, ran.stderr


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[LabSite]:
    """One host for the module, installed, enrolled and at work."""
    if missing := missing_tools():
        pytest.skip(f"a booted host needs {', '.join(missing)} (Debian: mmdebstrap systemd-container, as root)")
    cache = cache_folder(os.environ)
    image, library = debian_root(cache, checked), product.dependencies(cache, repository, checked)
    folder = tmp_path_factory.mktemp("lab")
    with booted(image, folder / "host") as host:
        made = LabSite(folder, host, repository)
        try:
            made.set_up_host()
            product.install(host, repository, library)
            made.follow_the_page()
            wait(lambda: made.status().get("last_ack_at"), "the agent has a receipt of the collector")
            yield made
        finally:
            made.end()


@pytest.fixture
def host(site: LabSite) -> Host:
    return site.host


def proc(host: Host, pid: int) -> dict[str, str]:
    """/proc/PID/status as the host's root reads it."""
    lines = host.ask(["cat", f"/proc/{pid}/status"]).splitlines()
    return dict(line.split(":\t", 1) for line in lines if ":\t" in line)


def until_idle(site: LabSite) -> None:
    wait(lambda: site.main_pid(EXECUTOR) == 0, "the executor has gone")


def test_enrolment_told_the_executor_and_every_part_belongs_to_its_account(site: LabSite) -> None:
    place = json.loads(site.host.ask(["cat", f"{EXECUTOR_FOLDER}/place.json"]))
    assert (place["site"], place["host"]) == ("seoul", site.status()["agent"])
    owners = site.host.ask(["find", STATE, "-not", "-user", "sitewarden"])
    assert owners == ""
    assert site.host.ask(["find", EXECUTOR_FOLDER, "-not", "-user", "root"]) == ""
    modes = site.host.ask(["stat", "-c", "%a %U %n", STATE, EXECUTOR_FOLDER, SOCKET]).splitlines()
    assert modes == [f"700 sitewarden {STATE}", f"700 root {EXECUTOR_FOLDER}", f"660 root {SOCKET}"]


def test_the_agent_has_no_capability_and_no_open_port(site: LabSite, host: Host) -> None:
    pid = site.main_pid(AGENT)
    status = proc(host, pid)
    uid = host.ask(["id", "-u", "sitewarden"]).strip()
    assert status["Uid"].split() == [uid] * 4
    assert {name: int(status[name], 16) for name in ("CapEff", "CapPrm", "CapBnd", "CapAmb")} == dict.fromkeys(
        ("CapEff", "CapPrm", "CapBnd", "CapAmb"), 0
    )
    assert status["NoNewPrivs"] == "1"
    assert sockets_of(host, pid) & listening(host) == set()
    # the control: the collector listens in the same network, and systemd has capabilities
    assert listening(host)
    assert int(proc(host, 1)["CapEff"], 16) > 0


def listening(host: Host) -> set[str]:
    """Inodes of the TCP sockets that listen and of the UDP sockets that are bound, in the host's network."""
    lines = host.ask(["sh", "-c", "tail -qn +2 /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6"]).splitlines()
    return {fields[9] for fields in map(str.split, lines) if fields[3] in {"0A", "07"}}


def sockets_of(host: Host, pid: int) -> set[str]:
    return set(re.findall(r"socket:\[(\d+)\]", host.ask(["sh", "-c", f"ls -l /proc/{pid}/fd"])))


def test_the_agent_follows_a_log_that_only_a_group_may_read(site: LabSite, host: Host) -> None:
    def line() -> dict[str, Any]:
        return next((each for each in site.status()["sources"] if each["path"] == "/var/log/clinic.log"), {})

    host.ask(["sh", "-c", "echo 'ERROR billing' >> /var/log/clinic.log"])
    wait(lambda: line().get("position") == len("ERROR billing\n"), f"it is read; {line()}")
    assert host.run(["cat", "/var/log/clinic.log"], user="stranger").returncode != 0


def test_status_is_fine_for_root_and_for_the_agents_account(site: LabSite, host: Host) -> None:
    for user in ("", "sitewarden"):
        status = site.status(user)
        assert (status["running"], status["enrolled"], status["problem"]) == (True, True, "")
        assert status["vendor"]["root_version"] == 1
        executor = status["executor"]
        assert (executor["isolation"], executor["policy_problem"], executor["vendor_problem"]) == (True, "", "")
        assert executor["approvers"] == 1


def test_idle_the_executor_is_no_process_and_the_socket_starts_it(site: LabSite, host: Host) -> None:
    host.write(
        f"/etc/systemd/system/{EXECUTOR}.d/lab.conf",
        "[Service]\nExecStart=\nExecStart=/opt/sitewarden/bin/sitewarden-agent executor --settings "
        f"/etc/sitewarden/agent.yaml --serve-user sitewarden --idle {IDLE_S}\n",
    )
    host.ask(["systemctl", "daemon-reload"])
    host.ask(["systemctl", "stop", EXECUTOR])
    assert site.main_pid(EXECUTOR) == 0
    assert "executor" not in host.ask(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])
    assert site.status("sitewarden")["executor"]["pid"] == site.main_pid(EXECUTOR) > 0
    until_idle(site)
    assert host.ask(["systemctl", "is-active", "sitewarden-executor.socket"]) == "active\n"


def test_the_executor_has_one_capability_and_an_empty_network(site: LabSite, host: Host) -> None:
    """Looked at from inside by an action that both have signed, and the same program in a unit without restrictions."""
    request = site.request("lab", "probe")
    site.send(request, site.approval(request))
    result = site.outcome(request, but="refused")
    assert result["outcome"] == "done", result
    found = json.loads(result["output"])
    assert (found["uid"], found["capabilities"], found["no_new_privileges"]) == (0, DAC_READ_SEARCH, "1")
    assert (found["devices"], found["routes"]) == (["lo"], 0)
    assert found["socket"] == "Address family not supported by protocol"
    assert found["packet"] == "Address family not supported by protocol"
    assert found["write"] == "Read-only file system"

    plain = json.loads(host.ask([*PLAIN_UNIT, "/usr/local/bin/probe"]))
    assert plain["capabilities"] & ~DAC_READ_SEARCH
    assert plain["no_new_privileges"] == "0"
    assert (plain["socket"], plain["packet"], plain["write"]) == ("done", "done", "done")
    ours = host.ask(["readlink", "/proc/1/ns/net"]).strip()
    assert plain["network"] == ours != found["network"]


def test_a_service_restarts_with_both_signatures_and_not_with_one(site: LabSite, host: Host) -> None:
    before = site.main_pid(SERVICE)
    request = site.request("systemd", "restart-service", service=SERVICE)
    site.send(request)
    assert site.outcome(request)["obstacle"] == "no_approval"
    asked = site.request("systemd", "restart-service", service=SERVICE)
    unasked = Envelope(asked.payload_type, asked.payload, [])  # approved, but no engineer has signed it
    site.send(unasked, site.approval(unasked))
    assert site.outcome(unasked)["outcome"] == "refused"
    assert (site.main_pid(SERVICE), site.kinds()[-1]) == (before, "refused")
    site.send(site.approval(request))
    result = site.outcome(request, but="refused")
    assert (result["outcome"], result["exit_code"]) == ("done", 0), result
    assert site.main_pid(SERVICE) not in {0, before}
    assert host.ask(["systemctl", "is-active", SERVICE]) == "active\n"


def test_nothing_that_an_action_started_is_left_behind(site: LabSite, host: Host) -> None:
    """The unit hides other accounts' processes; the executor still finds every descendant of its program."""
    control = ["sh", "-c", "setsid sleep 4711 & sleep 0.1; grep -lz 4711 /proc/[0-9]*/cmdline | wc -l; kill $!"]
    assert int(host.ask(control)) >= 1
    request = site.request("lab", "leave")
    site.send(request, site.approval(request))
    result = site.outcome(request, but="refused")
    assert (result["outcome"], result["output"]) == ("done", "left\n"), result
    assert "4711" not in host.ask(["sh", "-c", "cat /proc/[0-9]*/cmdline | tr '\\0' ' '"])


def test_an_executor_that_cannot_start_serves_again_once_the_cause_is_gone(site: LabSite, host: Host) -> None:
    """As with a full disk: nothing can be recorded, so nothing runs, for as long as that lasts."""
    until_idle(site)
    host.ask(["sh", "-euc", f"cd {EXECUTOR_FOLDER}; mv audit audit.aside; touch audit"])
    try:
        for _ in range(6):  # more than the starts that systemd allows a unit in ten seconds
            assert host.ask(["python3", "-c", CONNECT, SOCKET]) != "answered\n"
        assert site.status("sitewarden")["executor"] == {}
    finally:
        host.ask(["sh", "-euc", f"cd {EXECUTOR_FOLDER}; rm audit; mv audit.aside audit"])
    assert site.status("sitewarden")["executor"]["records"] > 0


def test_what_is_approved_on_the_host_is_carried_to_the_executor(site: LabSite, host: Host) -> None:
    """`approve` as root lays the approval on the shelf of the agent's account."""
    before = site.main_pid(SERVICE)
    request = site.request("systemd", "restart-service", service=SERVICE)
    site.send(request)
    assert site.outcome(request)["obstacle"] == "no_approval"
    key = site.folder / "kim.key"
    write_key_file(key, site.approver, passphrase=None, salt=bytes(16))
    host.write(f"{CARRIED}/kim.key", key.read_text(), 0o600)
    host.ask(["sitewarden-agent", "approve", request.digest, "--key", f"{CARRIED}/kim.key", "--yes"])
    result = site.outcome(request, but="refused")
    assert (result["outcome"], result["approvers"]) == ("done", ["Kim"]), result
    assert site.main_pid(SERVICE) not in {0, before}
    assert host.ask(["find", STATE, "-not", "-user", "sitewarden"]) == ""


def test_what_comes_on_a_stick_needs_no_collector(site: LabSite, host: Host) -> None:
    before = site.main_pid(SERVICE)
    request = site.request("systemd", "restart-service", service=SERVICE)
    for name, envelope in (("request", request), ("approval", site.approval(request))):
        host.write(f"{CARRIED}/{name}.json", encode_envelope(envelope).decode())
    refused = host.run(["sitewarden-agent", "offer", "--json", f"{CARRIED}/request.json"])
    assert json.loads(refused.stdout)["obstacle"] == "no_approval"
    assert site.main_pid(SERVICE) == before
    files = [f"{CARRIED}/request.json", f"{CARRIED}/approval.json"]
    offered = host.ask(["sitewarden-agent", "offer", "--json", *files])
    assert json.loads(offered)["outcome"] == "done"
    assert site.main_pid(SERVICE) not in {0, before}


def test_a_unit_that_fails_is_a_fault_until_it_does_not(site: LabSite, host: Host) -> None:
    """The agent asks the real systemd over the real bus; its start reads every probe at once."""
    unit, code = "broken-lab.service", "HOST-UNT-0002"
    host.write(f"/etc/systemd/system/{unit}", "[Service]\nExecStart=/bin/false\n")
    assert site.fault(code, unit) == ""
    host.ask(["systemctl", "start", unit])
    wait(lambda: host.run(["systemctl", "is-failed", unit]).returncode == 0, "it has failed")
    host.ask(["systemctl", "restart", AGENT])
    wait(lambda: site.fault(code, unit) == "firing", f"the collector knows it; {site.fault(code, unit)!r}")
    assert site.fault(code, f"{SERVICE}.service") == ""  # the control: a unit that runs is no fault
    host.ask(["systemctl", "reset-failed", unit])
    host.ask(["systemctl", "restart", AGENT])
    wait(lambda: site.fault(code, unit) in {"ok", "clearing", "cleared"}, f"cleared; {site.fault(code, unit)!r}")


def test_the_socket_is_refused_to_others(site: LabSite, host: Host) -> None:
    connect = ["python3", "-c", CONNECT, SOCKET]
    assert host.ask(connect, user="stranger") == "PermissionError\n"
    host.ask(["chmod", "666", SOCKET])  # by mistake of an administrator: the executor looks for itself
    try:
        assert host.ask(connect, user="stranger") == "closed\n"
        assert "may not ask" in host.ask(["journalctl", "--unit", EXECUTOR, "--no-pager"])
    finally:
        host.ask(["chmod", "660", SOCKET])
    assert site.status("sitewarden")["executor"]["pid"] > 0  # the control: the agent's account is served


@pytest.mark.parametrize(("unit", "most"), [(AGENT, 1.5), (EXECUTOR, 2.5)])
def test_exposure_as_the_host_itself_measures_it(host: Host, unit: str, most: float) -> None:
    def exposure(name: str) -> float:
        said = host.ask(["systemd-analyze", "security", "--no-pager", name])
        found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", said)
        assert found, said
        return float(found[1])

    assert exposure(unit) <= most
    assert exposure("dbus.service") > 5  # the control


def test_the_collector_tells_an_agent_that_was_killed_from_one_that_was_stopped(site: LabSite, host: Host) -> None:
    host.ask(["systemctl", "kill", "--signal=KILL", AGENT])
    wait(lambda: site.interruption() == "agent_crashed", "killed, and started again by systemd")
    host.ask(["systemctl", "restart", AGENT])
    wait(lambda: site.interruption() == "agent_stopped", "stopped in order")


def test_cut_off_in_mid_run_it_is_unknown_and_not_started_again(site: LabSite, host: Host) -> None:
    began = f"{EXECUTOR_FOLDER}/hang.txt"
    request = site.request("lab", "hang")
    site.send(request, site.approval(request, uses=5))
    wait(lambda: host.run(["test", "-s", began]).returncode == 0, "it runs")
    host.cut_power()
    host.boot()
    result = site.outcome(request, but="refused")
    assert result["outcome"] == "unknown", result
    wait(lambda: site.status()["running"], "the agent is back without anybody's doing")
    again = site.request("lab", "probe")
    site.send(again, site.approval(again))
    assert site.outcome(again, but="refused")["outcome"] == "done"
    assert host.ask(["cat", began]) == "began\n"
    assert site.kinds().count("intent") == site.kinds().count("result")
    wait(lambda: site.interruption() == "host_crashed", "the collector knows that nobody had announced it")


def test_after_an_orderly_reboot_everything_is_back(site: LabSite, host: Host) -> None:
    host.switch_off()
    host.boot()
    wait(lambda: site.status()["running"], "the agent runs")
    wait(lambda: site.interruption() == "shutdown", "the agent's last words said that the host goes down")
    assert site.status()["executor"]["isolation"]
    verified = host.run(["sitewarden-agent", "audit", "verify", "--json"])
    assert json.loads(verified.stdout)["whole"], verified.stdout + verified.stderr
