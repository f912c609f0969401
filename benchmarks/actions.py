"""How long an action takes from the click that sends it to its outcome on the ticket.

Real collector, agent and executor on loopback; the customer's policy approves the action in advance, so
that nobody's thinking is measured. Nothing waits at the collector: a request goes down with the answer to
the agent's next report, so the heartbeat decides, and the rest is what is left without it.

    python -m benchmarks.actions [ROUNDS]
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import tempfile
import time
from datetime import datetime
from pathlib import Path

from tests.fakes.agent_process import wait_until
from tests.fakes.asked_site import AskedSite, asked_site

HEARTBEATS_S = (1.0, 5.0)
ROUNDS = 12


def main() -> None:
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else ROUNDS
    for heartbeat_s in HEARTBEATS_S:
        with tempfile.TemporaryDirectory() as folder:
            site_folder = Path(folder)
            with asked_site(site_folder, Path(__file__).parents[1], heartbeat_s) as site:
                approve_in_advance(site)
                ticket = site.ticket()
                report(heartbeat_s, [one(site, ticket, heartbeat_s) for _ in range(rounds)])


def approve_in_advance(site: AskedSite) -> None:
    path = site.site.executor_folder / "policy.yaml"
    policy = json.loads(path.read_text())
    rule = {"product": "clinic", "action": "leave-marker", "parameters": {"name": "m"}, "per_day": 1_000}
    path.write_text(json.dumps(policy | {"in_advance": [rule]}))


def one(site: AskedSite, ticket: str, heartbeat_s: float) -> tuple[float, float]:
    """Seconds from sending to the outcome, and from going down to the outcome, by the collector's clock."""
    time.sleep(random.uniform(0, heartbeat_s))  # noqa: S311  # people do not click in step with the agent
    request = site.site.request("m", ticket=ticket)
    id_ = json.loads(request.payload)["id"]
    site.send(request)

    def told() -> dict[str, datetime]:
        timeline = site.ask(f"/v1/tickets/{ticket}")["timeline"]
        mine = [entry for entry in timeline if entry["detail"].get("request") == id_]
        return {entry["detail"]["state"]: datetime.fromisoformat(entry["at"]) for entry in mine}

    wait_until(lambda: "done" in told(), f"the outcome, so far {told()}")
    at = told()
    return ((at["done"] - at["sent"]).total_seconds(), (at["done"] - at["delivered"]).total_seconds())


def report(heartbeat_s: float, took: list[tuple[float, float]]) -> None:
    for name, seconds in (
        ("sent to outcome", [each[0] for each in took]),
        ("gone down to outcome", [each[1] for each in took]),
    ):
        median, worst = statistics.median(seconds), max(seconds)
        print(f"heartbeat {heartbeat_s:4.1f} s   {name:22} median {median:6.3f} s   worst {worst:6.3f} s")


if __name__ == "__main__":
    main()
