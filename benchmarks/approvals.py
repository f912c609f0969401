"""What one decision costs: a request, its approvals by key file and by passkey, a policy of 200 people."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from remediation.trust import public_keys
from remediation.trust.decision import Permit, Use
from remediation.trust.ledger import Ledger
from tests.fakes.customer import a_policy, an_approver, approve, new_key
from tests.fakes.scene import KIM, PASSKEY, Scene, a_vendor, an_engineer, signed_request

BUDGET_MS = 5.0


def _measure(name: str, act: Callable[[], object], rounds: int) -> float:
    took = []
    for _ in range(rounds):
        began = time.perf_counter()
        act()
        took.append((time.perf_counter() - began) * 1_000)
    took.sort()
    p99 = took[int(len(took) * 0.99)]
    print(f"{name:52} median {took[len(took) // 2]:7.3f} ms   p99 {p99:7.3f} ms")
    return p99


def _cold(scene: Scene) -> float:
    """One decision while no key is known yet."""
    public_keys._read.cache_clear()  # noqa: SLF001
    began = time.perf_counter()
    scene.judged()
    return (time.perf_counter() - began) * 1_000


def _scenes() -> dict[str, Scene]:
    request = signed_request()
    by_key, by_passkey = approve(request, "Kim", KIM), approve(request, "Kim", PASSKEY)
    people = [an_approver(f"Person {at}", new_key()) for at in range(199)]
    crowd = a_policy(an_approver("Kim", KIM, passkey=PASSKEY), *people, passkey_may_approve_actions=True)
    small = a_policy(an_approver("Kim", KIM, passkey=PASSKEY), passkey_may_approve_actions=True)
    engineers = [an_engineer(new_key(), name=f"Engineer {at}") for at in range(99)]
    many = Scene(request, (*[approve(request, "Kim", new_key()) for _ in range(15)], by_key), policy=crowd)
    return {
        "one approver, by key file": Scene(request, (by_key,), policy=small),
        "one approver, by passkey": Scene(request, (by_passkey,), policy=small),
        "200 approvers, 100 engineers, by key file": Scene(
            request, (by_key,), policy=crowd, vendor=a_vendor(an_engineer(), *engineers)
        ),
        "200 approvers, 16 approvals, 15 of them forged": many,
        "the same, refused for the forged ones alone": replace(many, approvals=many.approvals[:15]),
    }


if __name__ == "__main__":
    worst = 0.0
    scenes = _scenes()
    crowd = scenes["200 approvers, 100 engineers, by key file"]
    print(f"{'200 approvers, 100 engineers, first of a process':52} {_cold(crowd):14.3f} ms")
    for name, scene in scenes.items():
        assert isinstance(scene.judged(), Permit) is ("refused" not in name)
        worst = max(worst, _measure(name, scene.judged, 500))
    with tempfile.TemporaryDirectory() as folder:
        ledger = Ledger(Path(folder))
        _measure("counting it durably in the ledger", lambda: ledger.use([Use("a", 10_000), Use("b", 10_000)]), 200)
    worst = max(worst, _measure("200 approvers, 100 engineers, no key known yet", lambda: _cold(crowd), 100))
    print(f"worst p99 {worst:.3f} ms, budget {BUDGET_MS} ms: {'kept' if worst < BUDGET_MS else 'BROKEN'}")
