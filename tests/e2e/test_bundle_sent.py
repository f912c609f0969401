"""From the ticket to the engineer's disk: collected, redacted, released by the customer, sent in pieces, fetched.

Real processes on both sides; the collector's whole folder is searched for the planted values.
"""

from __future__ import annotations

import hashlib
import json
import random
import re
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from agent.bundles.packing import read_manifest, read_pieces
from agent.bundles.state import BundleState
from agent.bundles.store import BundleStore, Record
from tests.e2e.test_bundle import LINES, PERSONAL, stored
from tests.fakes.agent_process import wait_until
from tests.fakes.asked_site import AskedSite, asked_site
from wire.bundle import BUNDLE_TYPE, PATH
from wire.documents.envelope import Envelope, decode_envelope

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[AskedSite]:
    with asked_site(tmp_path_factory.mktemp("bundle"), repository) as made:
        (made.site.logs / "app.log").write_text(LINES)
        yield made


@pytest.fixture(scope="module")
def ticket(site: AskedSite) -> str:
    return site.ticket()


def asked(site: AskedSite, ticket: str, number: int) -> Envelope:
    out = site.folder / f"request-{number}.json"
    made = site.desk(
        "request", "new", "--ticket", ticket, "--action", "collect-bundle", "--reason", "to see the logs",
        "--key", site.key, "--yes", "--out", out, "--vendor-root", site.root,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert site.desk("request", "send", out).returncode == 0
    envelope = decode_envelope(out.read_bytes())
    site.approve(envelope)
    return envelope


def reached(site: AskedSite, request: Envelope, state: BundleState) -> Record:
    store = BundleStore(site.folder / "state")

    def there() -> bool:
        return any(each.digest == request.digest and each.state is state for each in store.records())

    wait_until(there, f"the bundle is {state}")
    return store.record(request.digest)


def listed(site: AskedSite, ticket: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.ask(f"/v1/tickets/{ticket}/bundles")["bundles"]
    return found


def collector_state(site: AskedSite) -> Path:
    return Path(site.settings.state)


def test_nothing_leaves_before_the_customer_releases_it(site: AskedSite, ticket: str, tmp_path: Path) -> None:
    request = asked(site, ticket, 1)
    record = reached(site, request, BundleState.REDACTED)
    document = json.loads(request.payload)["id"]
    wait_until(lambda: site.ask(f"/v1/requests/{document}")["is_over"], "the result is on the ticket")
    assert site.desk("bundle", "get", ticket, "--out", tmp_path).returncode == 1
    assert listed(site, ticket) == []
    assert b"all else is well" not in stored(collector_state(site))
    wanted = httpx.get(f"{site.running.exchange}{PATH}/{request.digest}", headers={"content-type": BUNDLE_TYPE})
    assert wanted.status_code == 404  # the door takes and gives nothing

    done = site.site.agent.command("bundle", "release", request.digest[:8])
    assert done.returncode == 0, done.stderr
    reached(site, request, BundleState.SENT)
    fetched = site.desk("bundle", "get", ticket, "--out", tmp_path)
    assert fetched.returncode == 0, fetched.stderr
    [path] = tmp_path.iterdir()
    assert hashlib.sha256(path.read_bytes()).hexdigest() == record.sha256
    assert read_manifest(path).ticket == ticket
    assert any(content.endswith(b"all else is well\n") for _, content in read_pieces(path))

    everything = stored(collector_state(site)) + stored(tmp_path)
    assert [value for value in PERSONAL if value.encode() in everything] == []
    timeline = site.ask(f"/v1/tickets/{ticket}")["timeline"]
    assert timeline[0]["detail"]["sha256"] == record.sha256
    assert site.site.kinds().count("bundle") == 3  # gathered, redacted, released


def test_it_is_a_download_and_never_a_page(site: AskedSite, ticket: str) -> None:
    [first] = [each for each in listed(site, ticket) if each["is_stored"]]
    address = f"{site.url}/v1/requests/{first['request']}/bundles/{first['agent']}"
    answer = httpx.get(address, headers={"authorization": f"Bearer {site.token}"})
    assert answer.headers["content-type"] == "application/octet-stream"
    assert re.fullmatch(r'attachment; filename="bundle-[0-9a-f]{16}\.tar\.zst"', answer.headers["content-disposition"])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert httpx.get(address).status_code == 401
    other = httpx.get(address.replace(first["agent"], "x"), headers={"authorization": f"Bearer {site.token}"})
    assert other.status_code == 404


def test_a_kill_while_it_is_sent_sends_the_rest(site: AskedSite, ticket: str) -> None:
    noise = random.Random(7)  # what no compressor makes small, so that it takes several pieces
    for number in range(5):
        lines = (f"{number} {noise.randbytes(60).hex()}\n" for _ in range(7_000))
        (site.site.logs / f"noise-{number}.log").write_text("".join(lines))
    request = asked(site, ticket, 2)
    record = reached(site, request, BundleState.REDACTED)
    assert record.size > 1_500_000
    assert site.site.agent.command("bundle", "release", request.digest[:8]).returncode == 0
    reached(site, request, BundleState.SENDING)
    site.site.agent.stop(signal.SIGKILL)
    left = BundleStore(site.folder / "state").record(request.digest)
    site.site.agent.start()
    reached(site, request, BundleState.SENT)
    print(f"killed after {left.position} of {left.size} bytes")  # noqa: T201
    [kept] = [each for each in listed(site, ticket) if each["sha256"] == record.sha256]
    assert kept["is_stored"]
    path = collector_state(site) / "bundles" / record.sha256
    assert hashlib.sha256(path.read_bytes()).hexdigest() == record.sha256
    assert list(path.parent.glob("*.part")) == []


def test_the_search_finds_what_was_not_redacted(site: AskedSite, ticket: str) -> None:
    """The negative control of the search: with redaction off the values do arrive."""
    off = "{korean_id: false, chinese_id: false, phone: false, card: false, secret: false, private_key: false}"
    site.site.agent.write_settings(site.running.exchange, f"redaction: {off}\n")
    site.site.agent.stop(signal.SIGTERM)
    site.site.agent.start()
    for path in site.site.logs.glob("noise-*"):
        path.unlink()
    request = asked(site, ticket, 3)
    record = reached(site, request, BundleState.REDACTED)
    assert site.site.agent.command("bundle", "release", request.digest[:8]).returncode == 0
    reached(site, request, BundleState.SENT)
    copy = site.folder / "sent.tar.zst"
    copy.write_bytes((collector_state(site) / "bundles" / record.sha256).read_bytes())
    contents = b"".join(content for _, content in read_pieces(copy))
    assert [value for value in PERSONAL if value.encode() not in contents] == []
