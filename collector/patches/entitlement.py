"""Whether a customer's contract covers a patch: a port, and the one answer there is until contracts are kept."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from collector.patches.model import Patch


class Entitlement(Protocol):
    """Whom a patch is not for. The reason is shown to the desk as it is."""

    def refused(self, patch: Patch) -> Mapping[str, str]:
        """Site -> why its contract does not cover the patch."""


class AllEntitled:
    """Everybody may have every patch."""

    def refused(self, patch: Patch) -> Mapping[str, str]:  # noqa: ARG002  # the port's signature
        """Nobody is left out."""
        return {}
