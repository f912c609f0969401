"""Every table of the collector. Migrations in `migrations/` lead here; a test compares the two.

Conventions: instants are `Instant` (UTC microseconds); JSON is text that msgspec wrote; every row
that a customer may see carries `site_id`; names of append-only tables stand in `APPEND_ONLY`;
secrets are stored hashed. Only files in `store` and files called `repository.py` import this.
"""

from __future__ import annotations

from collector.store.tables.auth import api_token, login_failure, login_link, user, web_session
from collector.store.tables.backups import backup_proof
from collector.store.tables.base import meta, metadata
from collector.store.tables.bundles import bundle
from collector.store.tables.clocks import calendar_version, clock, clock_step, sla_plan
from collector.store.tables.desk import code_state, fleet_state, notice, site_state
from collector.store.tables.fleet import agent, enrol_token, gap, inventory, site
from collector.store.tables.health import health_day, health_due, health_hot, health_hour, health_month
from collector.store.tables.holds import maintenance_window, problem_event, silence, suppression
from collector.store.tables.ingest import batch, batch_above, batch_mark, catalogue, parked
from collector.store.tables.notify import message, message_attempt, recipient, webhook
from collector.store.tables.patches import patch, patch_decision
from collector.store.tables.relay import action_request, action_request_host, action_result, audit_head, document
from collector.store.tables.software import software, software_list
from collector.store.tables.tickets import alert, alert_change, event, fingerprint, ticket, ticket_event
from collector.store.tables.unknowns import unknown_day, unknown_error

__all__ = [
    "APPEND_ONLY",
    "action_request",
    "action_request_host",
    "action_result",
    "agent",
    "alert",
    "alert_change",
    "api_token",
    "audit_head",
    "backup_proof",
    "batch",
    "batch_above",
    "batch_mark",
    "bundle",
    "calendar_version",
    "catalogue",
    "clock",
    "clock_step",
    "code_state",
    "document",
    "enrol_token",
    "event",
    "fingerprint",
    "fleet_state",
    "gap",
    "health_day",
    "health_due",
    "health_hot",
    "health_hour",
    "health_month",
    "inventory",
    "login_failure",
    "login_link",
    "maintenance_window",
    "message",
    "message_attempt",
    "meta",
    "metadata",
    "notice",
    "parked",
    "patch",
    "patch_decision",
    "problem_event",
    "recipient",
    "silence",
    "site",
    "site_state",
    "sla_plan",
    "software",
    "software_list",
    "suppression",
    "ticket",
    "ticket_event",
    "unknown_day",
    "unknown_error",
    "user",
    "web_session",
    "webhook",
]

# An event's link to its ticket (`ticket_id`, `disposition`) is set once its open delay is over; all else stays.
APPEND_ONLY = (
    "event",
    "gap",
    "ticket_event",
    "alert_change",
    "batch",
    "parked",
    "action_result",
    "message_attempt",
    "suppression",
    "problem_event",
    "calendar_version",
    "sla_plan",
    "clock_step",
)
