"""The page of a collector that has taken batches: every number, bounded, and as Prometheus wants it."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from collector.metrics.scrape import FRESH_S, Live, Scrape
from tests.builders import a_health, an_event
from tests.fakes.exchange_desk import Desk, play
from tests.fakes.signing_agent import SigningAgent

PROMTOOL = shutil.which("promtool")
needs_promtool = pytest.mark.skipif(PROMTOOL is None, reason="no promtool (Debian package prometheus)")


def scrape_of(desk: Desk, live: Callable[[], Live] | None = None) -> Scrape:
    parts, engine = desk.parts, desk.engine
    return Scrape(
        parts.store,
        engine.measures,
        live=live or engine.live,
        version='0.1.0"dev',
        now=parts.now,
        monotonic=parts.monotonic,
    )


def numbers(page: str) -> dict[str, float]:
    lines = [line.rpartition(" ") for line in page.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


async def some_work(desk: Desk, agent: SigningAgent) -> None:
    """Two events (one of them twice), a sample, a duplicate, a batch that is no batch, one that is not signed."""
    first = agent.batch(an_event(event_id="1" * 32), a_health())
    await desk.deliver(agent, first)
    await desk.deliver(agent, first)
    await desk.deliver(agent, agent.batch(an_event(event_id="1" * 32), an_event(event_id="2" * 32)))
    assert (await desk.send(agent.plain(b"{}", "00000000000000aa/9"))).status_code == 400
    assert (await desk.client.post("/v1/exchange", content=b"x")).status_code == 415


def test_what_was_done_is_on_the_page(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        await some_work(desk, agent)
        found = numbers(scrape_of(desk).page())
        expected = {
            'sitewarden_checkins_total{outcome="taken"}': 3,
            'sitewarden_checkins_total{outcome="refused"}': 2,
            'sitewarden_checkins_total{outcome="failed"}': 0,
            'sitewarden_refusals_total{reason="malformed"}': 1,
            'sitewarden_refusals_total{reason="content_type"}': 1,
            'sitewarden_batches_total{disposition="applied"}': 2,
            'sitewarden_batches_total{disposition="duplicate"}': 1,
            'sitewarden_events_total{disposition="counted"}': 2,
            'sitewarden_events_total{disposition="known"}': 1,
            "sitewarden_exchange_seconds_count": 5,
            "sitewarden_commit_batches_sum": 3,
            "sitewarden_tickets_opened_total": 1,
            'sitewarden_tickets{state="new"}': 1,
            'sitewarden_agents{presence="up"}': 1,
            'sitewarden_agents{presence="silent"}': 0,
            "sitewarden_queue_batches": 0,
            "sitewarden_report_interval_seconds": 60,
            "sitewarden_waiting_agents": 0,
            "sitewarden_database_up": 1,
        }
        assert {name: found[name] for name in expected} == expected
        assert found["sitewarden_database_bytes"] > 100_000
        assert any(name.startswith("sitewarden_outbox_messages") for name in found)

    play(tmp_path, story)


def test_no_customer_has_a_line(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        await some_work(desk, agent)
        before = scrape_of(desk).page()
        for number in range(12):
            other = await desk.enrolled(f"clinic-{number}")
            await desk.deliver(other, other.batch(an_event(event_id=f"{number:032x}", module=f"m{number}")))
        desk.clock.move(seconds=FRESH_S)
        after = scrape_of(desk).page()
        assert len(after.splitlines()) == len(before.splitlines())
        for word in ("clinic", "seoul", agent.id, "Hanbit"):
            assert word not in after

    play(tmp_path, story)


def test_the_database_is_asked_once_in_a_while(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        scrape = scrape_of(desk)
        name = 'sitewarden_agents{presence="new"}'
        assert numbers(scrape.page())[name] == 1
        await desk.deliver(agent, agent.batch())
        assert numbers(scrape.page())[name] == 1
        desk.clock.move(seconds=FRESH_S)
        assert numbers(scrape.page())[name] == 0

    play(tmp_path, story)


@needs_promtool
def test_promtool_finds_nothing_wrong(tmp_path: Path) -> None:
    async def story(desk: Desk, agent: SigningAgent) -> None:
        await some_work(desk, agent)
        page = scrape_of(desk).page()
        done = _promtool(page)
        assert (done.returncode, done.stdout + done.stderr) == (0, "")
        broken = _promtool(
            page.replace("# TYPE sitewarden_queue_batches gauge", "# TYPE sitewarden_queue_batches counter")
        )
        assert broken.returncode != 0, "it would say so"

    play(tmp_path, story)


def _promtool(page: str) -> subprocess.CompletedProcess[str]:
    assert PROMTOOL is not None
    return subprocess.run(
        [PROMTOOL, "check", "metrics"], input=page, capture_output=True, text=True, timeout=30, check=False
    )
