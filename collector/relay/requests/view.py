"""Requests and offered actions as plain values for the API."""

from __future__ import annotations

from typing import Any

import msgspec

from collector.relay.requests.model import Choice, HostStanding, RequestRecord
from collector.tickets.view import instant


def request_view(record: RequestRecord) -> dict[str, Any]:
    """One draft or request with where it stands on each host."""
    return {
        "id": record.id,
        "site": record.site,
        "ticket": record.ticket,
        "product": record.asked.product,
        "action": record.asked.action,
        "parameters": dict(record.asked.parameters),
        "reason": record.asked.reason,
        "made_by": record.made_by,
        "made_at": instant(record.made_at),
        "not_after": instant(record.not_after),
        "digest": record.digest,
        "is_draft": record.is_draft,
        "is_over": record.is_over,
        "hosts": [_host_view(each) for each in record.hosts],
    }


def choice_view(choice: Choice, ticket: str) -> dict[str, Any]:
    """What may be asked for on a ticket. For display: the signer believes verified actions alone."""
    return {
        "ticket": ticket,
        "site": choice.site,
        "product": choice.product,
        "hosts": [{"agent": id_, "hostname": name, "named": id_ in choice.named} for id_, name in choice.hosts.items()],
        "actions": [] if choice.actions is None else msgspec.to_builtins(choice.actions.actions),
    }


def _host_view(host: HostStanding) -> dict[str, Any]:
    return {
        "agent": host.agent,
        "hostname": host.hostname,
        "state": host.state.value,
        "obstacle": host.obstacle,
        "changed_at": instant(host.changed_at),
        "result": None if host.result is None else msgspec.to_builtins(host.result),
    }
