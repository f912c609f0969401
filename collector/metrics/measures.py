"""What the exchange and the writer count, by name. No site and no agent has a name here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from collector.metrics.counting import Counter, Histogram
from collector.metrics.text import Family

OUTCOMES: Final = ("taken", "refused", "turned_away", "failed")
WRITTEN: Final = ("applied", "duplicate", "refused", "failed")
REPEATS: Final = ("poisoned",)
DISPOSITIONS: Final = ("counted", "known")
SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 20.0)
BATCHES: Final = (1, 2, 4, 8, 16, 32, 64, 128, 256)
TURNED_AWAY: Final = frozenset({429, 503, 507})
DONE: Final = 200
DEFECT: Final = 500

# Every `error` of a refusal that leaves the exchange listener; a test compares.
REASONS: Final = (
    "agent_mismatch",
    "agent_revoked",
    "audience_wrong",
    "body_too_large",
    "busy",
    "clock_skew",
    "content_encoding",
    "content_type",
    "digest",
    "digest_wrong",
    "header_repeated",
    "header_too_large",
    "internal",
    "key_enrolled",
    "key_unknown",
    "malformed",
    "method",
    "no_place",
    "no_request",
    "no_waiting",
    "not_found",
    "other_bundle",
    "overloaded",
    "piece",
    "quota",
    "range",
    "replaced",
    "sequence_mismatch",
    "sequence_too_far",
    "signature_absent",
    "signature_form",
    "signature_wrong",
    "site_rate",
    "site_share",
    "stopping",
    "store_full",
    "store_unavailable",
    "token_refused",
    "token_used",
    "too_large",
    "too_slow",
    "unavailable",
)


class Measures:
    """Everything that is counted as it happens."""

    def __init__(self) -> None:
        self.checkins = Counter("sitewarden_checkins_total", "Batches by their answer.", "outcome", OUTCOMES)
        self.refusals = Counter(
            "sitewarden_refusals_total", "Requests that the exchange listener refused.", "reason", REASONS
        )
        self.batches = Counter("sitewarden_batches_total", "Batches by what was done.", "disposition", WRITTEN)
        self.events = Counter("sitewarden_events_total", "Events of applied batches.", "disposition", DISPOSITIONS)
        self.repeats = Counter(
            "sitewarden_groups_repeated_total",
            "Groups that had to be applied again, batch by batch.",
            "reason",
            REPEATS,
        )
        self.exchange = Histogram("sitewarden_exchange_seconds", "From a batch's head to its answer.", SECONDS)
        self.commit = Histogram("sitewarden_commit_seconds", "One group of batches to its commit.", SECONDS)
        self.group = Histogram("sitewarden_commit_batches", "Batches in one commit.", BATCHES)

    def answered(self, status: int, seconds: float) -> None:
        """A batch was answered so after so long."""
        if status == DONE:
            outcome = "taken"
        elif status in TURNED_AWAY:
            outcome = "turned_away"
        else:
            outcome = "failed" if status >= DEFECT else "refused"
        self.checkins.add(outcome)
        self.exchange.observe(seconds)

    def committed(self, batches: int, seconds: float) -> None:
        """A group was written."""
        self.group.observe(batches)
        self.commit.observe(seconds)

    def families(self) -> Collection[Family]:
        """As they are now."""
        counters = (self.checkins, self.refusals, self.batches, self.events, self.repeats)
        return [part.family() for part in (*counters, self.exchange, self.commit, self.group)]
