"""What a ticket says of a support bundle: at the customer's, on its way, here as a download."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from collector.console import page
from collector.console.pages.ticket import BUNDLE_RELEASE
from collector.console.wording import Wording
from collector.relay.bundles.model import BundleRecord
from collector.relay.requests.model import Asked, HostStanding, RequestRecord
from collector.relay.requests.state import RequestState

NOW = datetime(2026, 11, 24, tzinfo=UTC)
BUNDLE = BundleRecord("ab" * 32, "a1", "seoul", "cd" * 32, 900, 300, is_stored=False, changed_at=NOW)


def line(bundle: BundleRecord | None) -> str:
    words = Wording("en", NOW)
    around: dict[str, Any] = {"words": words, "_": words.text, "bundle_release": BUNDLE_RELEASE, "csrf": ""}
    macros: Any = page._environment.get_template("actions.html").make_module(around)
    host = HostStanding("a1", "his-1", RequestState.DONE, "", NOW, None, bundle)
    asked = Asked(product="p", action="a")
    record = RequestRecord("i", "seoul", 1, "1", asked, "lee", NOW, NOW, "ab" * 32, [host])
    return str(macros.bundle_line(record, host, "/tickets/1"))


def test_the_line_says_where_the_bundle_is() -> None:
    assert "sitewarden-agent bundle release abababababab<" in line(None)
    on_its_way = line(BUNDLE)
    assert "300 of 900 bytes" in on_its_way
    assert "download" not in on_its_way
    assert '<a href="/tickets/1/bundles/i/a1" download>' in line(replace(BUNDLE, is_stored=True))
