"""A support bundle from the signed request to the customer's word, through real processes, and kills in between."""

from __future__ import annotations

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import zstandard

from agent.bundles.state import BundleState
from agent.bundles.store import BundleStore, Record
from tests.fakes.agent_process import wait_until
from tests.fakes.collector import Collector, HttpCollector
from tests.fakes.signed_site import SignedSite
from wire.documents.envelope import Envelope

pytestmark = pytest.mark.e2e

PERSONAL = ("900101-1234568", "010-2345-6789", "hunter2-geheim")
LINES = f"환자 {PERSONAL[0]} 전화 {PERSONAL[1]}\npassword={PERSONAL[2]}\nall else is well\n"
SECRET = "what no bundle may hold"


@pytest.fixture
def site(tmp_path: Path, repository: Path) -> Iterator[SignedSite]:
    with HttpCollector(Collector()) as server:
        server.collector.interval_s = 0.5
        made = SignedSite(tmp_path, repository, server)
        (made.logs / "app.log").write_text(LINES)
        bad_input(tmp_path, made.logs)
        yield made
        made.end()


def bad_input(folder: Path, logs: Path) -> None:
    (folder / "secret").write_text(SECRET)
    (logs / "link.log").symlink_to(folder / "secret")
    (logs / "hard.log").hardlink_to(folder / "secret")
    os.mkfifo(logs / "fifo.log")
    (logs / "binary.log").write_bytes(b"\0\1\2")
    Path(os.fsdecode(os.fsencode(logs) + b"/\xff.log")).write_text("strange name\n")
    with (logs / "sparse.log").open("wb") as file:
        file.truncate(1 << 36)


def ask(site: SignedSite) -> Envelope:
    request = site.request(action="collect-bundle", parameters={})
    site.send("approval", site.approval(request))
    site.send("request", request)
    return request


def reached(site: SignedSite, request: Envelope, state: BundleState) -> Record:
    store = BundleStore(site.folder / "state")

    def there() -> bool:
        return any(each.digest == request.digest and each.state is state for each in store.records())

    wait_until(there, f"the bundle is {state}: {store.records()}")
    return store.record(request.digest)


def stored(*folders: Path) -> bytes:
    """Every byte below these folders, zstd undone."""
    found = []
    for folder in folders:
        for path in folder.rglob("*"):
            if path.is_file() and not path.is_symlink():
                raw = path.read_bytes()
                with_zstd = path.name.endswith(".zst")
                found.append(zstandard.ZstdDecompressor().stream_reader(raw).read() if with_zstd else raw)
    return b"".join(found)


def raw_pieces(site: SignedSite) -> list[Path]:
    return list((site.executor_folder / "bundles").glob("*/[0-9]*"))


def test_the_customer_sees_it_and_drops_it(site: SignedSite) -> None:
    site.start()
    request = ask(site)
    record = reached(site, request, BundleState.REDACTED)
    wait_until(lambda: not raw_pieces(site), "what is raw is gone")
    content = stored(site.folder / "state")
    assert b"all else is well" in content
    assert [value for value in (*PERSONAL, SECRET) if value.encode() in content] == []

    name = request.digest[:8]
    listed = json.loads(site.agent.command("bundle", "list", "--json").stdout)
    assert (listed["digest"], listed["state"], listed["ticket"]) == (request.digest, "redacted", "T-1")
    shown = site.agent.command("bundle", "show", name).stdout
    for expected in ("a link", "no regular file", "it has several names", "no text", "app.log", record.sha256):
        assert expected in shown
    manifest = json.loads(site.agent.command("bundle", "show", name, "--json").stdout)
    [app] = [each["name"] for each in manifest["entries"] if each["path"].endswith("/app.log")]
    text = site.agent.command("bundle", "show", name, app).stdout
    assert text.endswith("all else is well\n")
    assert "[RRN#" in text
    assert site.agent.command("bundle", "show", name, "0999-none").returncode == 1
    assert site.agent.command("bundle", "show", "ffff").returncode == 1
    assert site.agent.command("bundle", "show").returncode == 2

    assert site.agent.command("bundle", "drop", name).returncode == 0
    again = site.agent.command("bundle", "release", name)
    assert (again.returncode, "not possible" in again.stderr) == (1, True)
    wait_until(lambda: site.kinds().count("bundle") == 3, "gathered, redacted and dropped are recorded")
    assert not BundleStore(site.folder / "state").content(request.digest).exists()


def test_with_redaction_off_the_values_are_found(site: SignedSite) -> None:
    """The negative control of the search above."""
    off = "{korean_id: false, chinese_id: false, phone: false, card: false, secret: false, private_key: false}"
    site.agent.write_settings(site.server.address, f"redaction: {off}\n")
    site.start()
    reached(site, ask(site), BundleState.REDACTED)
    content = stored(site.folder / "state")
    assert [value for value in PERSONAL if value.encode() not in content] == []


@pytest.mark.parametrize("delay_s", [0.0, 0.05, 0.2])
def test_a_kill_while_it_is_gathered_or_redacted_leaves_nothing_half(site: SignedSite, delay_s: float) -> None:
    """However far it came: afterwards the outcome is known, and nothing raw lies about."""
    (site.logs / "long.log").write_text(LINES * 5_000)
    site.start()
    request = ask(site)
    wait_until((site.executor_folder / "bundles").exists, "it is being gathered")
    time.sleep(delay_s)  # where in the work the kill strikes is the point; none of the places may matter
    site.kill_executor()
    site.agent.stop(signal.SIGKILL)
    site.start()
    store = BundleStore(site.folder / "state")

    def settled() -> bool:
        is_over = any(result.digest == request.digest and not result.obstacle for result in site.collector.results())
        return is_over and all(each.state is not BundleState.COLLECTED for each in store.records())

    wait_until(settled, "what became of it is known")
    wait_until(lambda: not list((site.executor_folder / "bundles").glob("*.part")), "no rest of it")
    outcomes = {result.outcome.value for result in site.collector.results() if result.digest == request.digest}
    if "done" in outcomes and not any(each.state is BundleState.FAILED for each in store.records()):
        reached(site, request, BundleState.REDACTED)
    wait_until(lambda: not raw_pieces(site), "what is raw is gone")
    content = stored(site.folder / "state")
    assert [value for value in PERSONAL if value.encode() in content] == []


def test_a_thief_of_the_collector_has_nothing_collected(site: SignedSite) -> None:
    """One signature of two, or keys of the collector's own; then the honest pair, as a control."""
    site.start()
    receipt = site.collector.key
    change: dict[str, Any] = {"action": "collect-bundle", "parameters": {}}
    unapproved = site.request(**change)
    own = site.request(by=receipt, **change)
    forged = site.request(**change)
    site.send("request", unapproved)
    site.send("request", own)
    site.send("approval", site.approval(own))
    site.send("request", forged)
    site.send("approval", site.approval(forged, by=receipt))
    expected = {each.digest for each in (unapproved, own, forged)}
    wait_until(lambda: {each.digest for each in site.collector.results()} >= expected, "each is answered")
    assert {each.obstacle for each in site.collector.results()} <= {"no_approval", "no_engineer"}
    assert list(site.executor_folder.glob("bundles/*/index.json")) == []
    assert BundleStore(site.folder / "state").records() == []
    reached(site, ask(site), BundleState.REDACTED)
