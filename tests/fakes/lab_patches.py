"""A booted host with a small application, and patches for it that vendor and customer have signed."""

from __future__ import annotations

import hashlib
import io
import json
from datetime import UTC, datetime
from typing import Any

import zstandard

from remediation.patch import tape
from remediation.patch.manifest import FileChange, Gate, Layout, Manifest, Payload, Probe, Service
from remediation.patch.reading import manifest_bytes
from tests.fakes.lab_site import CARRIED, EXECUTOR_FOLDER, LAB_ACTIONS, LabSite
from wire.catalogue.model import Texts
from wire.documents.envelope import Envelope, encode_envelope

ROOT, UNIT, STARTS = "/srv/app", "lab-app.service", "/var/log/lab-app-starts"
APP_UNIT = f"""[Service]
ExecStartPre=/bin/sh -c 'cat {ROOT}/version >> {STARTS}'
ExecStart=/bin/sleep infinity
[Install]
WantedBy=multi-user.target
"""
PATCH_ACTIONS = (
    LAB_ACTIONS
    + """  - name: apply-patch
    title: {en: Apply a patch}
    risk: low
    parameters: {patch: {kind: name}, digest: {kind: name}}
    patch: {}
"""
)


def a_patch(version: str, *, soak_s: float = 0) -> tuple[Manifest, bytes]:
    """From version 1 to another one, with its payload."""
    new = f"{version}\n".encode()
    tar = tape.head("version", len(new), 0o644) + new + tape.padding(len(new)) + tape.END
    raw = zstandard.ZstdCompressor(write_content_size=True).compress(io.BytesIO(tar).getvalue())
    manifest = Manifest(
        id=f"app-{version}",
        product="lab",
        module="APP",
        title=Texts(en=f"Version {version}"),
        made_at=datetime.now(UTC),
        from_versions=["1"],
        to_version=version,
        layout=Layout.IN_PLACE,
        root=ROOT,
        files=[
            FileChange(
                path="version",
                old=hashlib.sha256(b"1\n").hexdigest(),
                new=hashlib.sha256(new).hexdigest(),
                mode=0o644,
                size_bytes=len(new),
            )
        ],
        payload=Payload(sha256=hashlib.sha256(raw).hexdigest(), size_bytes=len(raw), unpacked_bytes=len(new)),
        services=[Service(name="app", unit=UNIT)],
        gate=Gate(probes=[Probe(name="version", kind="version", target=f"{ROOT}/version")], soak_s=soak_s),
    )
    return manifest, raw


class PatchedLabSite(LabSite):
    """`patches` by version: 2 soaks for long, so that it can be cut off in the middle; 3 does not."""

    def _publish(self) -> None:
        super()._publish()
        self.patches = self._made_patches()
        self.vendor.shop.add("lab/actions.yaml", PATCH_ACTIONS.encode())
        self.digests["lab"] = hashlib.sha256(PATCH_ACTIONS.encode()).hexdigest()
        for manifest, _ in self.patches.values():
            self.vendor.shop.add(f"lab/patches/{manifest.id}.json", manifest_bytes(manifest))
        self.vendor.publish()

    def _made_patches(self) -> dict[str, tuple[Manifest, bytes]]:
        return {"2": a_patch("2", soak_s=600), "3": a_patch("3")}

    @property
    def app_unit(self) -> str:
        return APP_UNIT

    def set_up_host(self) -> None:
        super().set_up_host()
        self.host.write(f"/etc/systemd/system/{UNIT}", self.app_unit)
        self.host.ask(["mkdir", "-p", ROOT])
        self.host.write(f"{ROOT}/version", "1\n")
        self.host.ask(["systemctl", "enable", "--quiet", "--now", UNIT])

    def allow_patches(self) -> None:
        """The customer's administrator says where, and that files may be changed without a backup."""
        lines = f"patch_roots: [{ROOT}]\npatches_without_backup: true\n"
        self.host.ask(["sh", "-euc", f"cat >> {EXECUTOR_FOLDER}/policy.yaml"], stdin=lines)
        self.host.ask(["sitewarden-agent", "patch", "roots"])
        self.host.ask(["systemctl", "daemon-reload"])
        folder = f"{EXECUTOR_FOLDER}/patches/payloads"
        self.host.ask(["install", "-d", "-m", "700", f"{EXECUTOR_FOLDER}/patches", folder])
        for manifest, raw in self.patches.values():
            assert manifest.payload is not None
            (self.host.root / folder.lstrip("/") / manifest.payload.sha256).write_bytes(raw)

    def patch_request(self, version: str) -> Envelope:
        manifest, _ = self.patches[version]
        digest = hashlib.sha256(manifest_bytes(manifest)).hexdigest()
        return self.request("lab", "apply-patch", patch=manifest.id, digest=digest)

    def files_of(self, request: Envelope) -> list[str]:
        """Request and approval, carried to the host."""
        names = []
        for name, envelope in (("patch", request), ("yes", self.approval(request))):
            self.host.write(f"{CARRIED}/{name}.json", encode_envelope(envelope).decode())
            names.append(f"{CARRIED}/{name}.json")
        return names

    def attempts(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.host.ask(["sitewarden-agent", "patch", "history", "--json"]))[
            "attempts"
        ]
        return found

    def starts(self) -> list[str]:
        """Which version there was at each start of the application."""
        return self.host.ask(["cat", STARTS]).split()
