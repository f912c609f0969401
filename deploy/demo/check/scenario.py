"""What the check does, in order. It causes, waits, and writes down; it judges nothing.

Every wait ends after a while whatever has happened: a ticket that never comes is a finding of the
judge, not a crash of the check.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import requests

from deploy.demo.check import plan
from deploy.demo.check.journal import count_codes, count_lines
from deploy.demo.check.model import Away, Ending, Expected, Restart, Usage
from deploy.demo.check.watch import Tickets, Watch
from deploy.demo.sites import CLINIC, HOSPITAL
from deploy.demo.stage import Say, Stage
from deploy.demo.usage import usage_of
from wire.sentence import sentence

TICKET_S = 15.0
SLOW_S = 40.0  # for what includes an agent's own waiting time after failures, or the silence of a site
IMPATIENT_S = 3.0
BURST_S = 3.0
LONG_BURST_S = 10.0  # long enough for a collector to end and start again on a machine that has other things to do
MIDDLE = 0.3  # of a burst, when an agent is killed
EARLY = 0.1  # of a long burst, when the collector ends
REGISTERED = "patient not registered at desk {desk}:"


@dataclass
class Scenario:
    """One run. `withheld` are faults that are not caused."""

    stage: Stage
    watch: Watch
    say: Say
    withheld: Collection[str] = ()
    expected: tuple[Expected, ...] = field(default_factory=plan.expected_tickets)
    away: Away = field(default_factory=Away)
    restart: Restart = field(default_factory=Restart)
    usage: tuple[Usage, ...] = ()
    patience_s: float = SLOW_S

    def run(self) -> None:
        """Everything, up to the moment when nothing more is under way."""
        steps: list[tuple[str, Callable[[], None]]] = [
            (plan.FORMULARY, self._order_missing_drugs),
            (plan.RECORD, lambda: self._cause(plan.RECORD, HOSPITAL.id, "broken-record")),
            (plan.LOCK, lambda: self._cause(plan.LOCK, CLINIC.id, "lock-database")),
            (plan.TABLE, lambda: self._cause(plan.TABLE, HOSPITAL.id, "remove-table")),
            (plan.INSURER, lambda: self._cause(plan.INSURER, CLINIC.id, "close-insurer")),
            (plan.WORKER, lambda: self._cause(plan.WORKER, HOSPITAL.id, "crash-worker")),
        ]
        self._until(lambda: self._promised() == self.logged(), TICKET_S)  # both agents are awake and follow
        for fault, step in steps:
            if fault not in self.withheld:
                self.say(sentence("causing: {fault}", fault=fault))
                step()
        self._put_right()
        if plan.BURST not in self.withheld:
            self._burst()
        self._leave_alone()
        self.say(sentence("waiting until all is reported"))
        self._settle()
        self.usage = tuple(self._usage(site) for site in self.stage.agents)

    # ---------------------------------------------------------------- one fault at a time

    def _cause(self, fault: str, site: str, button: str) -> None:
        self.stage.cause(site, button)
        self._until_seen(one for one in self.expected if one.fault == fault)

    def _order_missing_drugs(self) -> None:
        for (site, drug), expected in zip(plan.drugs(), self._of(plan.FORMULARY), strict=True):
            self.stage.cause(site, "unknown-drug", {"drug": drug})
            if not self._until_seen([expected]):
                return  # one that never comes is finding enough; the rest would only take time

    def _put_right(self) -> None:
        """Take the causes away; what recovers by rule resolves by rule, or waits for a person: then be one."""
        buttons = {
            plan.LOCK: (CLINIC.id, "release-database"),
            plan.TABLE: (HOSPITAL.id, "restore-table"),
            plan.INSURER: (CLINIC.id, "open-insurer"),
            plan.WORKER: (HOSPITAL.id, "restart-worker"),
        }
        caused = {fault: button for fault, button in buttons.items() if fault not in self.withheld}
        for fault, (site, button) in caused.items():
            self.say(sentence("putting right: {fault}", fault=fault))
            self.stage.cause(site, button)
        for fault in caused:
            self._until_over(fault)

    # ---------------------------------------------------------------- the collector goes away

    def _burst(self) -> None:
        self.say(sentence("causing: {fault}, with the collector restarted in its middle", fault=plan.BURST))
        losing = self._losing()
        log, text = self.stage.folders.clinic_log(HOSPITAL.id), REGISTERED.format(desk=plan.DESK)
        burst = self._start_burst(HOSPITAL.id, plan.DESK, plan.BURST_LINES, LONG_BURST_S)
        self._until(lambda: count_lines(log, text) > plan.BURST_LINES * EARLY, TICKET_S)
        at_stop = count_lines(log, text)
        self.stage.collector.stop()
        self.stage.start_collector()
        at_return = count_lines(log, text)
        burst.join()
        self.restart = Restart(at_stop, at_return, count_lines(log, text))
        self._until_counted(plan.BURST)
        losing.clear()

    # ---------------------------------------------------------------- an agent goes away

    def _leave_alone(self) -> None:
        """Kill the clinic's agent in the middle of a burst, let things go wrong meanwhile, bring it back."""
        agent = self.stage.agents[CLINIC.id]
        with_faults, with_silence = plan.AWAY not in self.withheld, plan.SILENCE not in self.withheld
        log, text = self.stage.folders.clinic_log(CLINIC.id), REGISTERED.format(desk=plan.DESK_AWAY)
        if with_faults:
            self.say(sentence("causing: {fault} in the middle of a burst", fault=plan.AWAY))
            burst = self._start_burst(CLINIC.id, plan.DESK_AWAY, plan.BURST_AWAY_LINES, BURST_S)
            self._until(lambda: count_lines(log, text) > plan.BURST_AWAY_LINES * MIDDLE, TICKET_S)
            agent.kill()
            at_kill = count_lines(log, text)
            burst.join()
            for drug in plan.drugs_away():
                self.stage.cause(CLINIC.id, "unknown-drug", {"drug": drug})
        if with_silence:
            self.say(sentence("causing: {fault}", fault=plan.SILENCE))
            agent.kill()
            self._until_seen(self._of(plan.SILENCE), SLOW_S)
        if with_faults:
            missing = [one for one in self._of(plan.AWAY) if one.code == "PRS-FRM-0001"]
            early = sum(self._seen(self.watch.tickets(), one) for one in missing)
            self.away = Away(at_kill, count_lines(log, text), early)
        if not agent.pid:
            self.say(sentence("bringing the agent back"))
            agent.start()
        if with_faults:
            self._until_seen(self._of(plan.AWAY), SLOW_S)
            self._until_counted(plan.AWAY)
        if with_silence:
            self._until_over(plan.SILENCE)

    # ---------------------------------------------------------------- waiting

    def _of(self, fault: str) -> list[Expected]:
        return [one for one in self.expected if one.fault == fault]

    @staticmethod
    def _seen(tickets: Tickets, expected: Expected) -> bool:
        return any(ticket.is_about(expected) for ticket in tickets.values())

    def _until_seen(self, expected: Iterable[Expected], within_s: float = TICKET_S) -> bool:
        wanted = list(expected)
        return self._patient(
            lambda within: self.watch.until(lambda seen: all(self._seen(seen, one) for one in wanted), within), within_s
        )

    def _until_over(self, fault: str) -> None:
        for expected in self._of(fault):
            wanted = {Ending.PERSON: "recovered", Ending.AUTO: "resolved"}[expected.ending]
            if not self._until_status(expected, wanted) or expected.ending is Ending.AUTO:
                continue
            for number, ticket in self.watch.tickets().items():
                if ticket.is_about(expected):
                    self._resolve(number)
            self._until_status(expected, "resolved")

    def _resolve(self, number: str) -> None:
        try:
            self.stage.api.act(number, "resolve", note="put right in the demo")
        except requests.RequestException as error:
            self.say(sentence("{number} could not be resolved: {reason}", number=number, reason=str(error)))

    def _until_status(self, expected: Expected, status: str) -> bool:
        def reached(tickets: Tickets) -> bool:
            return any(one.is_about(expected) and one.statuses[-1] == status for one in tickets.values())

        return self._patient(lambda within: self.watch.until(reached, within), TICKET_S)

    def _until_counted(self, fault: str) -> None:
        def counted() -> bool:
            self.watch.refresh()
            tickets = self.watch.tickets().values()
            return all(
                any(ticket.is_about(one) and ticket.count >= one.count for ticket in tickets) for one in self._of(fault)
            )

        self._until(counted, SLOW_S)

    def _settle(self) -> None:
        """Wait until every line of both logs was promised by the collector, then look once more at everything."""
        self._until(lambda: self._promised() == self.logged(), SLOW_S)
        self.watch.refresh()

    def logged(self) -> dict[tuple[str, str], int]:
        """Lines of the applications' logs by site and code."""
        return {
            (site, code): lines
            for site in self.stage.clinics
            for code, lines in count_codes(self.stage.folders.clinic_log(site)).items()
        }

    def _promised(self) -> dict[tuple[str, str], int]:
        """What the collector has promised so far, by site and code: the agent's name tells the site."""
        assert self.stage.proxy is not None  # noqa: S101  # the check always runs with one
        sites = self.stage.agent_names
        once = {(one.agent, one.epoch, one.sequence): one for one in list(self.stage.proxy.promises)}
        counts: Counter[tuple[str, str]] = Counter()
        for promise in once.values():
            for _, _, code, count in promise.events:
                counts[(sites[promise.agent], code)] += count
        return {key: counts[key] for key in self.logged()}

    # ---------------------------------------------------------------- small things

    def _losing(self) -> threading.Event:
        assert self.stage.proxy is not None  # noqa: S101  # the check always runs with one
        if plan.ANSWERS_LOST not in self.withheld:
            self.stage.proxy.losing.set()
        return self.stage.proxy.losing

    def _start_burst(self, site: str, desk: str, lines: int, seconds: float) -> threading.Thread:
        options = {"desk": desk, "count": str(lines), "seconds": str(seconds)}
        burst = threading.Thread(target=self.stage.cause, args=(site, "burst", options))
        burst.start()
        return burst

    def _usage(self, site: str) -> Usage:
        agent = self.stage.agents[site]
        rss_bytes, cpu_s, ran_s = usage_of(agent.pid)
        return Usage(agent.name, rss_bytes, cpu_s, ran_s)

    def _until(self, holds: Callable[[], bool], within_s: float) -> bool:
        return self._patient(lambda within: _poll(holds, within), within_s)

    def _patient(self, wait: Callable[[float], bool], within_s: float) -> bool:
        """Wait; once something did not come, wait less for everything else, so that a broken run ends too."""
        held = wait(min(within_s, self.patience_s))
        if not held:
            self.patience_s = IMPATIENT_S
        return held


def _poll(holds: Callable[[], bool], within_s: float) -> bool:
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
