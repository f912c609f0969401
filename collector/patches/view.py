"""Patches as plain values: one shape for the API and the command line."""

from __future__ import annotations

from typing import Any

import msgspec

from collector.patches.applicability import Applicability
from collector.patches.board import HostLine, Line
from collector.patches.model import Decision, Patch
from collector.tickets.view import instant
from remediation.patch.manifest import Undoing


def irreversible_steps(patch: Patch) -> list[str]:
    """Names of the steps on databases that nobody can take back."""
    return [step.name for step in patch.manifest.database if step.undoing is Undoing.NEVER]


def line_view(line: Line) -> dict[str, Any]:
    """One patch over all hosts."""
    return {
        **patch_view(line.patch),
        "hosts": {state.value: line.tally.count(state) for state in Applicability},
        "reasons": {
            f"{state.value}:{reason.value}": count for (state, reason), count in line.tally.hosts.items() if reason
        },
        "sites": len(line.tally.sites),
        "ready_sites": len(line.tally.ready_sites),
        "open_tickets": line.tickets,
        "ticket_sites": line.ticket_sites,
    }


def patch_view(patch: Patch) -> dict[str, Any]:
    """What the patch is."""
    manifest = patch.manifest
    return {
        "id": patch.id,
        "product": patch.product,
        "module": manifest.module,
        "title": msgspec.to_builtins(manifest.title),
        "digest": patch.digest,
        "from_versions": list(manifest.from_versions),
        "to_version": manifest.to_version,
        "files": len(manifest.files),
        "database_steps": len(manifest.database),
        "irreversible_steps": irreversible_steps(patch),
        "services": [service.name for service in manifest.services],
        "downtime_s": manifest.needs.downtime_s,
        "fixes": list(manifest.fixes),
        "requires": list(manifest.requires),
        "conflicts": list(manifest.conflicts),
        "noticed_at": instant(patch.noticed_at),
        "withdrawn_at": instant(patch.withdrawn_at),
    }


def host_view(line: HostLine) -> dict[str, Any]:
    """One patch at one host."""
    verdict, host = line.verdict, line.host
    return {
        "agent": host.id,
        "hostname": host.hostname,
        "site": host.site,
        "version": host.versions.get(line.patch.module, ""),
        "state": verdict.state.value,
        "reason": verdict.reason.value if verdict.reason else "",
        "detail": verdict.detail,
        "last_seen_at": instant(host.last_seen_at),
        "request": line.standing.request if line.standing else "",
        "progress": line.standing.progress.value if line.standing else "",
        "passed": [msgspec.to_builtins(each) for each in line.passed],
        "decision": None if line.decision is None else decision_view(line.decision),
        "tickets": [cure.number for cure in line.tickets],
    }


def decision_view(decision: Decision) -> dict[str, Any]:
    """What a customer said."""
    return {
        "kind": decision.kind.value,
        "until": instant(decision.until),
        "reason": decision.reason,
        "said_by": decision.said_by,
        "made_by": decision.made_by,
        "made_at": instant(decision.made_at),
    }
