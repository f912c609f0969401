"""From the vendor's keys to a program that really runs on the customer's server, and to the proof of it.

The collector here holds its real receipt key and says whatever a thief would say with it.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from remediation.executor.client import ExecutorClient
from tests.fakes.agent_process import wait_until
from tests.fakes.collector import Collector, HttpCollector
from tests.fakes.signed_site import SignedSite
from wire.documents.envelope import Envelope, add_signature, decode_envelope, encode_envelope
from wire.documents.heads import HEAD_KIND
from wire.keys import generate_key
from wire.proofs import Outcome, Result

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[SignedSite]:
    """A site whose agent and executor run; several tests share it."""
    with HttpCollector(Collector()) as server:
        server.collector.interval_s = 0.5
        made = SignedSite(tmp_path_factory.mktemp("running"), repository, server)
        made.start()
        yield made
        made.end()


@pytest.fixture
def site(tmp_path: Path, repository: Path) -> Iterator[SignedSite]:
    """A site for one test, where nothing runs yet."""
    with HttpCollector(Collector()) as server:
        server.collector.interval_s = 0.5
        made = SignedSite(tmp_path, repository, server)
        yield made
        made.end()


def result_of(site: SignedSite, request: Envelope, outcome: Outcome) -> Result:
    def found() -> list[Result]:
        results = site.collector.results()
        return [result for result in results if (result.digest, result.outcome) == (request.digest, outcome)]

    wait_until(found, f"{outcome} of a request, so far {site.collector.results()}")
    return found()[0]


def test_both_signatures_run_it_and_the_customer_can_prove_it(running: SignedSite, tmp_path: Path) -> None:
    site = running
    request = site.request()
    site.send("request", request)
    assert result_of(site, request, Outcome.REFUSED).obstacle == "no_approval"
    assert site.left("one") == 0
    started = time.monotonic()
    site.send("approval", site.approval(request))
    result = result_of(site, request, Outcome.DONE)
    print(f"from approval at the collector to result at the collector: {time.monotonic() - started:.2f} s")  # noqa: T201
    assert site.left("one") == 1
    assert (result.ticket, result.engineer, result.approvers) == ("T-1", "Lee", ["Kim"])
    assert (result.exit_code, result.output) == (0, "left one\n")

    size = result.audit_record
    wait_until(lambda: len(site.collector.audit_marks()) >= 2, "a head after the run")
    head = decode_envelope(site.collector.audit_marks()[-1].envelope)
    site.send(HEAD_KIND, add_signature(head, site.collector.key))
    wait_until((site.executor_folder / "audit/heads.jsonl").exists, "the countersigned head is kept")

    copy = tmp_path / "copy"
    shutil.copytree(site.executor_folder / "audit", copy)
    verified = site.verify_copy(copy)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    found = json.loads(verified.stdout)
    assert (found["whole"], found["findings"], found["secured_records"]) == (True, [], size)
    path = copy / "chain-00000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b"left one", b"left two"))
    assert site.verify_copy(copy).returncode == 1


def test_a_thief_of_the_collector_runs_nothing(running: SignedSite) -> None:
    """Every wrong document, through the real way down; then the honest pair, as a control."""
    site, before, intents = running, set(running.markers.iterdir()), running.kinds().count("intent")
    receipt, stranger = site.collector.key, generate_key()
    past = datetime.now(UTC) - timedelta(hours=2)
    over: dict[str, Any] = {"not_before": past, "not_after": past + timedelta(hours=1)}
    unsigned = site.request("unsigned")
    pairs = {
        "unsigned": (Envelope(unsigned.payload_type, unsigned.payload, []), {}),
        "by-collector": (site.request("by-collector", by=receipt), {}),
        "by-stranger": (site.request("by-stranger", by=stranger), {}),
        "by-approver": (site.request("by-approver", by=site.approver), {}),
        "other-host": (site.request("other-host", hosts=["elsewhere"]), {}),
        "other-site": (site.request("other-site", site="elsewhere"), {}),
        "over": (site.request("over", **over), {}),
        "other-actions": (site.request("other-actions", actions_digest="0" * 64), {}),
        "approved-by-collector": (site.request("approved-by-collector"), {"by": receipt}),
        "approved-by-engineer": (site.request("approved-by-engineer"), {"by": site.engineer}),
        "approved-for-others": (site.request("approved-for-others"), {"hosts": ["elsewhere"]}),
        "approved-too-late": (site.request("approved-too-late"), over),
        "approved-another": (site.request("approved-another"), {"approves": site.request("x").digest}),
        "path": (site.request(".."), {}),
    }
    for request, change in pairs.values():
        site.send("request", request)
        site.send("approval", site.approval(request, **change))  # type: ignore[arg-type]
    expected = {request.digest for request, _ in pairs.values()}
    wait_until(lambda: {each.digest for each in site.collector.results()} >= expected, "every request is answered")
    outcomes = {result.outcome for result in site.collector.results() if result.digest in expected}
    assert outcomes == {Outcome.REFUSED}
    assert set(site.markers.iterdir()) == before
    assert site.kinds().count("intent") == intents

    honest = site.request("honest")
    site.send("approval", site.approval(honest))
    site.send("request", honest)
    result_of(site, honest, Outcome.DONE)
    assert {path.name for path in set(site.markers.iterdir()) - before} == {"honest"}
    replayed = len(site.collector.results())
    site.send("request", honest)
    wait_until(lambda: len(site.collector.results()) > replayed, "the replay is answered")
    assert site.left("honest") == 1


def test_unknown_kinds_are_told_and_never_acted_upon(running: SignedSite) -> None:
    site, before = running, running.kinds()
    site.collector.send_down("vendor-root", b"{}")
    site.collector.send_down("request", encode_envelope(Envelope("application/x-shell", b"id", [])))
    version = site.request("version")
    site.send("request", Envelope("application/vnd.sitewarden.request.v2+json", version.payload, version.signatures))

    def told() -> list[str]:
        return list(site.agent.status()["unknown_documents"])

    wait_until(lambda: any("vendor-root" in what for what in told()), "an unknown kind is told")
    wait_until(lambda: any("x-shell" in what for what in told()), "a type that is none is told")
    wait_until(lambda: any("request.v2" in what for what in told()), "an unknown version is told")
    assert site.kinds() == before
    request = site.request("audience", hosts=["elsewhere"])
    site.send("request", request)
    result_of(site, request, Outcome.REFUSED)
    wait_until(lambda: any("other_audience" in what for what in told()), "another audience is told")
    assert "refused document" in site.agent.command("status").stdout
    assert site.left("audience") == 0


def test_on_a_site_without_network_files_do_and_idle_it_is_no_process(site: SignedSite) -> None:
    site.start_executor()
    request = site.request()
    files = [site.file("request.json", request), site.file("approval.json", site.approval(request))]
    refused = site.agent.command("offer", "--json", files[0])
    assert (refused.returncode, json.loads(refused.stdout)["obstacle"]) == (1, "no_approval")
    done = site.agent.command("offer", "--json", *files)
    assert (done.returncode, json.loads(done.stdout)["outcome"]) == (0, "done"), done.stderr
    again = site.agent.command("offer", "--json", "--again", *files)
    assert json.loads(again.stdout)["obstacle"] == "used_up"
    assert site.left("one") == 1
    wrong = site.folder / "wrong.json"
    wrong.write_bytes(b"{}")
    assert site.agent.command("offer", str(wrong)).returncode == 2
    site.end()
    site.start_executor("--idle", "0.3")
    assert site.process is not None
    assert site.process.wait(20) == 0
    assert not (site.executor_folder / "executor.sock").exists()


def test_a_killed_executor_runs_nothing_twice(site: SignedSite) -> None:
    site.start()
    request = site.request(action="hang", parameters={})
    site.send("approval", site.approval(request, uses=5))
    site.send("request", request)
    wait_until(lambda: site.left("hanging") == 1, "it hangs")
    site.kill_executor()
    os.kill(int((site.markers / "hanging").read_text()), signal.SIGKILL)
    site.start_executor()
    result = result_of(site, request, Outcome.UNKNOWN)
    assert (result.ticket, result.engineer) == ("T-1", "Lee")
    assert site.left("hanging") == 1
    assert site.kinds().count("intent") == 1


def test_a_second_executor_on_the_folder_is_refused(running: SignedSite) -> None:
    refused = running.agent.command("executor")
    assert refused.returncode == 1
    assert "another executor" in refused.stderr


def test_what_left_the_host_can_be_read(running: SignedSite) -> None:
    site = running
    wait_until(lambda: site.collector.requests >= 2, "something was sent")
    rows = [json.loads(line) for line in site.agent.command("sent", "--json").stdout.splitlines()]
    assert rows[0]["holds"]["inventory"] == 1
    shown = site.agent.command("sent", "--batch", str(rows[0]["batch"]))
    assert '"kind":"inventory"' in shown.stdout
    assert site.agent.command("sent", "--batch", "99999").returncode == 1


def test_started_by_its_socket_it_serves_and_goes(running: SignedSite) -> None:
    """As the service manager does it, and with requests that come before anybody runs."""
    if shutil.which("systemd-socket-activate") is None:
        pytest.skip("there is no systemd-socket-activate (Debian: systemd)")
    folder, path = running.folder / "activated", running.folder / "activated.sock"
    settings = running.folder / "activated.yaml"
    settings.write_text(f"collector: http://127.0.0.1:1\nexecutor: {{folder: {folder}, socket: {path}}}\n")
    words = [sys.executable, "-m", "agent", "executor", "--settings", str(settings), "--idle", "0.5"]
    command = ["systemd-socket-activate", f"--listen={path}", *words]
    with (running.folder / "activated.err").open("ab") as err:
        process = subprocess.Popen(command, cwd=running.agent.repository, stderr=err)
    try:
        wait_until(path.exists, "the socket is there")
        state = ExecutorClient(path, time.monotonic).status()
        assert (state.pid, state.isolation, state.policy_problem != "") == (process.pid, False, True)
        assert process.wait(20) == 0
        assert path.exists()  # it belongs to the service manager
    finally:
        process.kill()
        process.wait(20)
