"""How long an action takes from the click that sends it to its outcome on the ticket.

Real collector, agent and executor on loopback; the customer's policy approves the action in advance, so
that nobody's thinking is measured. An agent that waits at the collector is told at once; without, a request
goes down with the answer to the agent's next report, so the heartbeat decides.

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

CASES = ((60.0, True, 12), (5.0, False, 12), (60.0, False, 4))  # heartbeat in s, whether the agent waits, rounds
THINKING_S = 5.0  # between two clicks of a person, at random, where the heartbeat does not matter


def main() -> None:
    for heartbeat_s, waits, usual in CASES:
        rounds = int(sys.argv[1]) if len(sys.argv) > 1 else usual
        with tempfile.TemporaryDirectory() as folder:
            site_folder = Path(folder)
            with asked_site(site_folder, Path(__file__).parents[1], heartbeat_s) as site:
                if not waits:
                    stop_waiting(site)
                approve_in_advance(site)
                ticket = site.ticket()
                apart_s = THINKING_S if waits else heartbeat_s
                took = [one(site, ticket, apart_s, heartbeat_s) for _ in range(rounds)]
                report(f"heartbeat {heartbeat_s:4.1f} s, {'waiting' if waits else 'not waiting'}", took)


def stop_waiting(site: AskedSite) -> None:
    site.site.agent.write_settings(site.running.exchange, "wait: false\n")
    wait_until(lambda: "new settings" in site.site.agent.own_log.read_text(), "the agent has read them")


def approve_in_advance(site: AskedSite) -> None:
    path = site.site.executor_folder / "policy.yaml"
    policy = json.loads(path.read_text())
    rule = {"product": "clinic", "action": "leave-marker", "parameters": {"name": "m"}, "per_day": 1_000}
    path.write_text(json.dumps(policy | {"in_advance": [rule]}))


def one(site: AskedSite, ticket: str, apart_s: float, heartbeat_s: float) -> tuple[float, float]:
    """Seconds from sending to the outcome, and from going down to the outcome, by the collector's clock."""
    time.sleep(random.uniform(0, apart_s))  # noqa: S311  # people do not click in step with the agent
    request = site.site.request("m", ticket=ticket)
    id_ = json.loads(request.payload)["id"]
    site.send(request)

    def told() -> dict[str, datetime]:
        timeline = site.ask(f"/v1/tickets/{ticket}")["timeline"]
        mine = [entry for entry in timeline if entry["detail"].get("request") == id_]
        return {entry["detail"]["state"]: datetime.fromisoformat(entry["at"]) for entry in mine}

    end = time.monotonic() + 2 * heartbeat_s + 10
    while "done" not in told():
        assert time.monotonic() < end, f"no outcome, so far {told()}"
        time.sleep(0.05)
    at = told()
    return ((at["done"] - at["sent"]).total_seconds(), (at["done"] - at["delivered"]).total_seconds())


def report(case: str, took: list[tuple[float, float]]) -> None:
    for name, seconds in (
        ("sent to outcome", [each[0] for each in took]),
        ("gone down to outcome", [each[1] for each in took]),
    ):
        median, worst = statistics.median(seconds), max(seconds)
        print(f"{case:28} {name:22} median {median:6.3f} s   worst {worst:6.3f} s", flush=True)


if __name__ == "__main__":
    main()
