"""A maintained host with a product that can be patched: real executor, jobs, courses and files; fakes for the rest."""

from __future__ import annotations

import hashlib
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest
import zstandard

from remediation.executor.patches.door import PatchDoor, ProgressDoor
from remediation.executor.patches.jobs import KEPT, PAYLOADS, Job, Jobs
from remediation.executor.patches.layout import files_for
from remediation.executor.patches.running import MayStop, Running, ToldJournal, run_job
from remediation.patch import tape
from remediation.patch.course import Host
from remediation.patch.manifest import Layout, Manifest, Payload
from remediation.patch.reading import manifest_bytes
from remediation.patch.state import PatchState
from remediation.patch.tree import tree_digest
from remediation.trust.decision import Vendor
from tests.fakes.customer import an_approver, policy_text
from tests.fakes.maintained_host import ACTIONS_TEXT, MaintainedHost
from tests.fakes.patched_site import NEW, NoBackups, PatchedSite, manifest_for
from wire.documents.envelope import Envelope
from wire.proofs import Result

PATCH_ACTIONS = (
    ACTIONS_TEXT
    + """
  - name: apply-patch
    title: {en: Apply a patch}
    risk: low
    parameters: {patch: {kind: name}, digest: {kind: name}}
    patch: {}
"""
)


def packed(manifest: Manifest) -> bytes:
    """The payload of the site's new version."""
    tar = io.BytesIO()
    for change in manifest.files:
        if change.new:
            tar.write(tape.head(change.path, change.size_bytes, change.mode))
            tar.write(NEW[change.path])
            tar.write(tape.padding(change.size_bytes))
    tar.write(tape.END)
    return zstandard.ZstdCompressor(write_content_size=True).compress(tar.getvalue())


class PatchedHost(MaintainedHost):
    """`jobs` begin when `go` is called, as the service manager would begin them."""

    def __init__(self, folder: Path, layout: Layout = Layout.IN_PLACE, **fields: Any) -> None:
        (folder / "site").mkdir()
        self.site_files = PatchedSite(folder / "site", layout).make()
        self.fields = fields
        self.started: list[str] = []
        self.start_problem = self.not_ready = ""
        self.manifest = self.a_manifest()
        own = folder / "executor"
        own.mkdir()
        self.jobs = Jobs(own)
        super().__init__(own, actions_text=PATCH_ACTIONS)
        self.set_policy()
        self.deliver()

    def a_manifest(self, **change: Any) -> Manifest:
        """The patch from the site's old version to its new one."""
        root, layout = self.site_files.root, self.site_files.layout
        fields: dict[str, Any] = {"product": "clinic"} | self.fields | change
        if layout is Layout.RELEASES:
            fields.setdefault("from_tree", tree_digest(root / "releases" / "old"))
        root = Path(fields.pop("root", root))
        manifest = manifest_for(root, layout, **fields)
        if manifest.payload is None or not manifest.files:
            return manifest
        raw = packed(manifest)
        unpacked = sum(each.size_bytes for each in manifest.files)
        return msgspec.structs.replace(
            manifest,
            payload=Payload(sha256=hashlib.sha256(raw).hexdigest(), size_bytes=len(raw), unpacked_bytes=unpacked),
        )

    def set_policy(self, **change: Any) -> None:
        fields: dict[str, Any] = {"patch_roots": [str(self.site_files.root)]} | change
        (self.folder / "policy.yaml").write_text(policy_text(an_approver("Kim", self.approver), **fields))

    def deliver(self, content: bytes | None = None) -> None:
        """The payload comes to the host."""
        if self.manifest.payload is None:
            return
        folder = self.jobs.folder / PAYLOADS
        folder.mkdir(parents=True, exist_ok=True)
        (folder / self.manifest.payload.sha256).write_bytes(packed(self.manifest) if content is None else content)

    def vendor(self, **change: Any) -> Vendor:
        manifest = getattr(self, "manifest", None)
        patches = {f"clinic/patches/{manifest.id}.json": manifest_bytes(manifest)} if manifest else {}
        return super().vendor(**{"patches": patches} | change)

    def publish(self, manifest: Manifest) -> None:
        """The vendor vouches for another one from now on."""
        self.manifest = manifest
        self.sources.found = self.vendor()
        self.deliver()

    def start(self) -> Any:
        executor = super().start()
        door = PatchDoor(
            self.jobs, self.journal, self.ledger, self.sources.policy, start=self._begin, now=lambda: self.now,
            agent_version="1.5", why_not_ready=lambda _: self.not_ready,
        )  # fmt: skip
        executor._parts = replace(executor._parts, patches=door)
        executor._patches = door
        executor.patches = ProgressDoor(door)
        self.door = door
        return executor

    def _begin(self, digest: str) -> str:
        self.started.append(digest)
        return self.start_problem

    @property
    def digest(self) -> str:
        return hashlib.sha256(manifest_bytes(self.manifest)).hexdigest()

    def patch_request(self, **change: Any) -> Envelope:
        parameters = {"patch": self.manifest.id, "digest": self.digest}
        return self.request(**{"action": "apply-patch", "parameters": parameters} | change)

    def ask(self, **change: Any) -> Result:
        """Ask with an approval of its own."""
        request = self.patch_request(**change)
        return self.run(request, self.approval(request, id=request.digest[:32]))

    def running(self) -> Running:
        return Running(self.jobs, self.sources, self.ledger, self.journal.chain, lambda: self.now, self.host_of)

    def host_of(self, job: Job, manifest: Manifest, may_stop: MayStop) -> Host:
        site = self.site_files
        kept = self.jobs.home(job.digest) / KEPT
        return Host(files_for(manifest, job), site.services, site.databases, site.judge, NoBackups(), may_stop, kept)

    def go(self) -> Result:
        """The process of the newest job."""
        return run_job(self.started[-1], self.running())

    @property
    def is_touched(self) -> bool:
        """Whether anything of the product is not as it was."""
        return self.site_files.version() != "old" or bool(self.started) or bool(self.site_files.services.calls)


def cut_off(host: PatchedHost, at: PatchState, monkeypatch: pytest.MonkeyPatch) -> None:
    """The power fails right after this state is on the disk."""

    class Crash(BaseException):
        pass

    enter = ToldJournal.enter

    def entering(self: ToldJournal, state: PatchState, body: object = None) -> object:
        record = enter(self, state, body)
        if state is at:
            raise Crash
        return record

    with monkeypatch.context() as patched:
        patched.setattr(ToldJournal, "enter", entering)
        with pytest.raises(Crash):
            host.go()
