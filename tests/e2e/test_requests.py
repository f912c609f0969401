"""From a ticket to a program that ran on the customer's server, by the engineer's own command line.

Real processes: collector, agent, executor; the desk's commands one by one.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from collector.app import build_parts
from collector.relay.requests.drafts import add_draft
from tests.fakes.agent_process import wait_until
from tests.fakes.asked_site import AskedSite, asked_site
from wire.documents.envelope import decode_envelope

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, repository: Path) -> Iterator[AskedSite]:
    with asked_site(tmp_path_factory.mktemp("asked"), repository) as made:
        yield made


@pytest.fixture(scope="module")
def ticket(site: AskedSite) -> str:
    return site.ticket()


def states(site: AskedSite, ticket: str, request: str) -> list[str]:
    """What the ticket's timeline says of a request, oldest first."""
    timeline = site.ask(f"/v1/tickets/{ticket}")["timeline"]
    mine = [entry for entry in timeline if entry["detail"].get("request") == request]
    return [entry["detail"]["state"] for entry in reversed(mine)]


def test_from_the_ticket_to_the_output(site: AskedSite, ticket: str) -> None:
    listed = site.desk("request", "actions", "--ticket", ticket, "--vendor-root", site.root)
    assert "leave-marker" in listed.stdout, listed.stderr
    out = site.folder / "request.json"
    made = site.desk(
        "request", "new", "--ticket", ticket, "--action", "leave-marker", "--parameter", "name=one",
        "--reason", "to see it", "--key", site.key, "--yes", "--out", out,
    )  # fmt: skip
    assert made.returncode == 0, made.stderr
    assert site.desk("request", "send", out).returncode == 0
    envelope = decode_envelope(out.read_bytes())
    id_ = json.loads(envelope.payload)["id"]
    wait_until(lambda: states(site, ticket, id_)[-1:] == ["waiting"], "the host says what is in the way")
    under_way = site.desk("request", "status", id_, "--once")
    assert (under_way.returncode, "the customer has not approved it yet" in under_way.stdout) == (3, True)
    assert site.site.left("one") == 0
    approval = Path(site.site.file("approval.json", site.site.approval(envelope)))
    assert site.desk("request", "send", approval).returncode == 0
    followed = site.desk("request", "status", id_, "--timeout", "20")
    assert followed.returncode == 0, followed.stdout + followed.stderr
    assert "left one" in followed.stdout
    assert site.site.left("one") == 1
    assert states(site, ticket, id_) == ["sent", "delivered", "waiting", "approved", "done"]
    done = site.ask(f"/v1/tickets/{ticket}")["timeline"][0]["detail"]
    assert (done["engineer"], done["approvers"], done["output"]) == ("Lee", "Kim", "left one\n")


def test_a_draft_is_signed_at_the_desk_and_waits_for_the_customer(site: AskedSite, ticket: str) -> None:
    parts = build_parts(site.settings)
    draft = add_draft(
        parts.store, ticket, vendor=Path(site.settings.state) / "vendor", action="leave-marker",
        parameters={"name": "two"}, hosts=[site.site.host], reason="again", actor="jh",
        new_secret=parts.new_secret, now=parts.now(),
    )  # fmt: skip
    parts.store.close()
    words = ("request", "sign", draft, "--key", site.key, "--vendor-root", site.root, "--for", "30m")
    assert "nothing was signed" in site.desk(*words, stdin="no\n").stderr
    assert states(site, ticket, draft) == ["drafted"]
    signed = site.desk(*words, stdin="yes\n")
    assert signed.returncode == 0, signed.stderr
    assert "name = two" in signed.stdout
    wait_until(lambda: states(site, ticket, draft)[-1:] == ["waiting"], "the host says what is in the way")
    assert states(site, ticket, draft) == ["drafted", "sent", "delivered", "waiting"]
    assert site.site.left("two") == 0
