"""What it costs to say where 100 patches would help 10,000 sites, and to take in one host that changed."""

from __future__ import annotations

import random
import time
from dataclasses import replace
from datetime import timedelta

from collector.app import now as clock
from collector.patches.model import Decision, DecisionKind, Host, Patch, Progress, Standing
from collector.patches.survey import Survey
from remediation.patch.manifest import DatabaseStep, Manifest, Needs, Undoing
from wire.catalogue.model import Texts

SITES, PATCHES, MODULES, VERSIONS = 10_000, 100, 10, 20
STEP = DatabaseStep(name="s", engine="sqlite", database="d", forward=["SELECT 1"], undoing=Undoing.TRANSACTION)
NOW = clock()


def a_patch(dice: random.Random, number: int) -> Patch:
    to = dice.randrange(4, VERSIONS)
    manifest = Manifest(
        id=f"p-{number}", product="his", module=f"M{number % MODULES}", title=Texts(en="x"), made_at=NOW,
        from_versions=[f"1.{to - back}" for back in (1, 2, 3)], to_version=f"1.{to}", root="/opt/his", database=[STEP],
        needs=Needs(disk_bytes=10**9),
        requires=[f"p-{number - MODULES}"] if number % 5 == 0 and number >= MODULES else [],
    )  # fmt: skip
    return Patch(manifest, "d" * 64, NOW)


def a_host(dice: random.Random, number: int) -> Host:
    versions = {f"his/M{each}": f"1.{dice.randrange(VERSIONS)}" for each in range(MODULES)}
    free = dice.randrange(10**9) if dice.random() < 0.05 else 10**11
    return Host(
        id=f"agent-{number}", site=f"site-{number}", hostname="app", last_seen_at=NOW, is_heard=dice.random() > 0.02,
        agent_version="0.1.0", versions=versions, changed_at={}, has_backup=dice.random() > 0.1,
        free_bytes={"/": free},
    )  # fmt: skip


def main() -> None:
    """Print each figure beside its limit."""
    dice = random.Random(8)  # noqa: S311  # the same fleet each time
    patches = [a_patch(dice, number) for number in range(PATCHES)]
    hosts = [a_host(dice, number) for number in range(SITES)]
    survey = Survey(patches)
    began = time.perf_counter()
    for host in hosts:
        survey.put(host)
    print(f"{SITES} hosts put in: {(time.perf_counter() - began) * 1000:.0f} ms, once")
    said = Decision(1, "", "his", "", DecisionKind.DEFERRED, NOW + timedelta(days=9), "x", "Kim", "jh", NOW)
    decisions = {f"site-{dice.randrange(SITES)}": said for _ in range(10)}
    standings = {f"agent-{dice.randrange(SITES)}": Standing(dice.choice(list(Progress)), NOW) for _ in range(20)}
    for name, standing, decided in (
        ("nothing special", {}, {}),
        ("20 requests, 10 decisions each", standings, decisions),
    ):
        took = []
        for _ in range(5):
            began = time.perf_counter()
            for patch in patches:
                survey.tally(patch, survey.special(patch, standing, decided, {}), NOW)
            took.append(time.perf_counter() - began)
        print(f"{PATCHES} patches over {SITES} sites, {name}: {min(took) * 1000:.0f} ms (limit 200)")
    began = time.perf_counter()
    for host in hosts[:1_000]:
        survey.put(replace(host, has_backup=not host.has_backup))
    print(f"one host changes: {(time.perf_counter() - began):.3f} ms")


if __name__ == "__main__":
    main()
