"""The backup of one site as one object: what the commands call, by hand or from a timer.

Everything it does is first done, then written into the journal, then told: a signed proof for each deed,
and the state for the agent's probe. It opens no connection but to the targets and databases of the policy,
and reads nothing that the agent or the collector writes, but for the host key that it signs with.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from remediation.backup.drills.isolated import start_isolated
from remediation.backup.drills.ladder import Ground, run_drill
from remediation.backup.engines.lease import Owner
from remediation.backup.engines.port import Engine
from remediation.backup.errors import BackupError, TargetRefused
from remediation.backup.journal import Journal
from remediation.backup.keys.key_file import load_key
from remediation.backup.lease import leased
from remediation.backup.model import Tell
from remediation.backup.opening import CACHE, Tools, open_engine, open_sources
from remediation.backup.plan import Due, backup_due, drills_due, newest_proof, next_part
from remediation.backup.policy_file import BackupPolicy, DrillRule, ServiceRule, TargetRule
from remediation.backup.programs import Programs
from remediation.backup.proofs import Signer, lay_out
from remediation.backup.retention import Plan, Suspicion, plan_retention, suspicions
from remediation.backup.running import Target, Wanted, failed_deed, run_backup
from remediation.backup.scratch.bench import Bench
from remediation.backup.scratch.folder import sweep
from remediation.backup.scratch.servers import ScratchServers
from remediation.backup.standing import BackupState, write_state
from remediation.backup.state_of import state_of
from wire.documents.backups import REASON_CHARS, Act, Deed
from wire.sentence import sentence

DRILLS: Final = "drills"

OpenEngine = Callable[[TargetRule], Engine]


@dataclass(frozen=True)
class Pruned:
    """What a prune did, or why it did nothing."""

    plan: Plan
    refused: tuple[Suspicion, ...]
    freed_bytes: int = 0
    deed: Deed | None = None


class SiteBackup:
    """The policy at work."""

    def __init__(
        self,
        policy: BackupPolicy,
        tools: Tools,
        owner: Owner,
        *,
        signer: Signer | None,
        open_target: OpenEngine | None = None,
        wanted: Wanted | None = None,
        declare: Callable[[BackupPolicy], BackupPolicy] = lambda policy: policy,
    ) -> None:
        self.policy = policy
        self._tools = tools
        self._owner = owner
        self._signer = signer
        self._account = policy.drills.account
        self._state = Path(policy.state)
        self._programs = Programs(tools.means.monotonic)
        self._open_target = open_target or self._opened
        self._wanted = wanted
        self._declare = declare
        self.journal = Journal(self._state, tools.means.now)

    def engine(self) -> Engine:
        """The first target."""
        return self._open_target(self.policy.target)

    def run(self, tell: Tell) -> list[Deed]:
        """Save now."""
        with leased(self._state, self.policy.target.address, self._owner):
            deeds = self._saved(tell)
        return self._note(deeds)

    def due(self, tell: Tell) -> tuple[Due, list[Deed]]:
        """Do what is due: a backup, then drills. Nothing is due while another run is at work."""
        now = self._tools.means.now()
        due = backup_due(self.policy.schedule, self.journal.history(), now)
        done = self.run(tell) if due.now else []
        for rule in drills_due(self.policy, self.journal.history(), self._tools.means.now()):
            done.append(self.drill(rule, tell))
        self.tell_state()
        return due, done

    def drill(self, rule: DrillRule, tell: Tell, *, folder: Path | None = None) -> Deed:
        """One rung of the ladder, on the newest good snapshot."""
        own = self._state / DRILLS
        part = next_part(rule, self.journal.history().drills.get(rule.level))
        with leased(self._state, f"drill {self.policy.target.address}", self._owner):
            sweep(own)  # what a crash left behind: servers, then files
            shutil.rmtree(own, ignore_errors=True)
            bench = Bench(self._programs, self._tools.means.monotonic, account=self._account)
            ground = Ground(
                policy=self._declared(),
                engine=self.engine(),
                scratch=ScratchServers(bench),
                start=partial(_start, self._programs, self._account),
                folder=folder or own,
                means=self._tools.means,
                tell=tell,
            )
            deed = run_drill(ground, rule, snapshot=self.newest_good(), part=part)
        return self._note([deed])[0]

    def newest_good(self) -> str:
        """The snapshot of the newest good run; `latest` where this journal knows of none."""
        good = [deed.snapshot for _, deed in self.journal.deeds() if deed.act is Act.BACKUP and deed.is_good]
        return good[-1] if good else "latest"

    def prune(self, *, is_preview: bool) -> Pruned:
        """Remove what retention does not keep, on the receiver's side, unless something looks wrong."""
        if self.policy.target.append_only and not is_preview:
            words = sentence(
                "this target is append-only from here, so that a thief of this host cannot remove the past; prune on "
                "the receiver's side, with a policy that says append_only: false"
            )
            raise TargetRefused(words)
        with leased(self._state, self.policy.target.address, self._owner):
            return self._pruned(is_preview=is_preview)

    def note(self, deed: Deed) -> Deed:
        """Write down something that was done elsewhere: a restore, a change of keys."""
        return self._note([deed])[0]

    def tell_state(self) -> BackupState:
        """Lay out proofs and state."""
        waiting = lay_out(self.journal, self._state, self._signer)
        found = state_of(self.policy, self.journal, self._tools.means.now(), waiting=waiting)
        write_state(self._state, found)
        return found

    def close(self) -> None:
        """Close the journal."""
        self.journal.close()

    def _saved(self, tell: Tell) -> list[Deed]:
        started_at, failures = self._tools.means.now(), list[Deed]()
        try:
            wanted = self._wanted or self._wanted_by_policy()
            targets = [Target(self.engine())]
        except BackupError as failure:
            return [failed_deed(Act.BACKUP, failure, started_at, self._tools.means.now())]
        try:
            targets += [Target(self._open_target(rule), Act.COPY) for rule in [self.policy.copy] if rule is not None]
        except BackupError as failure:
            failures.append(failed_deed(Act.COPY, failure, started_at, self._tools.means.now()))
        expected = self._newest_count("staged_bytes")
        done = run_backup(self.policy, wanted, targets, self._tools.means, tell, expected_bytes=expected)
        return done + failures

    def _wanted_by_policy(self) -> Wanted:
        what = self._declare(self.policy).what
        sources = open_sources(what.databases, self._programs, self._state, self._tools.means)
        return Wanted(tuple(map(Path, what.trees)), tuple(sources), tuple(what.exclude), tuple(what.named))

    def _declared(self) -> BackupPolicy:
        """For a drill, which compares with the manifest: without the vendor's word it asks fewer questions."""
        try:
            return self._declare(self.policy)
        except BackupError:
            return self.policy

    def _newest_count(self, name: str) -> int:
        good = [deed for _, deed in self.journal.deeds() if deed.act is Act.BACKUP and deed.is_good]
        return good[-1].counts.get(name, 0) if good else 0

    def _pruned(self, *, is_preview: bool) -> Pruned:
        engine, now = self.engine(), self._tools.means.now()
        snapshots, proven_at = engine.snapshots(), newest_proof(self.journal.history())
        plan = plan_retention(self.policy.retention, snapshots, self.policy.schedule.zone)
        refused = tuple(suspicions(self.policy.retention, snapshots, proven_at=proven_at, now=now))
        if is_preview:
            return Pruned(plan, refused)
        freed = 0 if refused or not plan.removed else engine.forget([each.id for each in plan.removed])
        deed = Deed(
            act=Act.PRUNE,
            is_good=not refused,
            started_at=now,
            ended_at=self._tools.means.now(),
            engine=engine.name,
            code=refused[0].code if refused else "",
            reason="; ".join(str(each.words) for each in refused)[:REASON_CHARS],
            counts={"kept": len(plan.kept), "removed": 0 if refused else len(plan.removed)},
        )
        return Pruned(plan, refused, freed, self._note([deed])[0])

    def _note(self, deeds: Sequence[Deed]) -> list[Deed]:
        for deed in deeds:
            self.journal.write(deed)
        self.tell_state()
        return list(deeds)

    def _opened(self, rule: TargetRule) -> Engine:
        key = load_key(Path(rule.key_file))
        return open_engine(rule, key, self._state / CACHE, self._tools, self.policy.limits)


def _start(programs: Programs, account: str, rule: ServiceRule, root: Path) -> Sequence[str]:
    return start_isolated(programs, rule, root, account)
