"""One run of the check: stage, scenario, what is left afterwards, verdict."""

from __future__ import annotations

import time
from collections.abc import Collection

from deploy.demo.check import plan
from deploy.demo.check.journal import written_at
from deploy.demo.check.judge import judge
from deploy.demo.check.ledger import read_ledger
from deploy.demo.check.model import Expected, Finding, Observations
from deploy.demo.check.report import report
from deploy.demo.check.scenario import Scenario
from deploy.demo.check.watch import Watch
from deploy.demo.stage import Stage
from wire.sentence import sentence

DATABASE = "collector.db"


def observe(stage: Stage, withheld: Collection[str]) -> Observations:
    """Start the stage, run the scenario, stop everything, read what is left. The stage has stopped afterwards."""
    began = time.monotonic()
    stage.start()
    watch = Watch(stage.api)
    watch.start()
    scenario = Scenario(stage, watch, stage.say, withheld)
    try:
        scenario.run()
    finally:
        watch.close()
    promises = stage.proxy
    stage.say(sentence("ending all programs, then reading the database"))
    logged = scenario.logged()
    tidy = stage.stop()
    return Observations(
        expected=scenario.expected,
        tickets=tuple(watch.tickets().values()),
        promises=tuple(promises.promises) if promises is not None else (),
        stored=read_ledger(stage.folders.collector_state / DATABASE),
        logged=logged,
        written_s=_written(stage, scenario.expected),
        away=scenario.away,
        restart=scenario.restart,
        usage=scenario.usage,
        tidy=tuple(tidy),
        took_s=time.monotonic() - began,
    )


def check(stage: Stage, withheld: Collection[str]) -> bool:
    """Run, print, and say whether everything holds."""
    seen = observe(stage, withheld)
    findings = judge(seen)
    for line in report(seen, findings):
        print(line, flush=True)
    return all(finding.held for finding in findings)


def prove(stage: Stage) -> bool:
    """Run without any fault: every finding that stands on a fault must fail, or it checks nothing."""
    findings = judge(observe(stage, (*plan.FAULTS, plan.ANSWERS_LOST)))
    blind = [finding for finding in findings if finding.needs_fault and finding.held]
    for finding in blind:
        print(f"FAILED  holds without its fault: {finding.name}: {finding.why}", flush=True)
    failing = sum(finding.needs_fault and not finding.held for finding in findings)
    print(f"no fault was caused, and {failing} of {failing + len(blind)} checks that stand on one fail", flush=True)
    return not blind


def must_fail(findings: list[Finding], withheld: Collection[str]) -> list[Finding]:
    """Findings that stand on a withheld fault and hold all the same: there must be none."""
    return [finding for finding in findings if finding.fault in withheld and finding.held]


def _written(stage: Stage, expected: tuple[Expected, ...]) -> dict[Expected, float]:
    zones = {site.id: site.tz for site in stage.sites}
    found = {
        one: written_at(stage.folders.clinic_log(one.site), one.line, zones[one.site])
        for one in expected
        if one.line is not None
    }
    return {one: at for one, at in found.items() if at is not None}
