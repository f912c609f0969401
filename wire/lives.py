"""The end of a run of an agent, in its own last words.

Silence alone does not say why: a host that was shut down on purpose, one that lost power, a cable, and an agent
that crashed look the same from afar. Who ends in order says so first; the boot and the session in the
health samples tell the rest once the host is heard again.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from msgspec import Meta, Struct

from wire.fields import Count, Time
from wire.limits import NAME_CHARS


class EndingCause(StrEnum):
    """Why a run ends in order."""

    STOPPED = "stopped"  # the agent alone: by a person, or for an update of it
    SHUTDOWN = "shutdown"  # the whole host goes down
    REBOOT = "reboot"  # the whole host goes down and means to come back


class Ending(Struct, kw_only=True, frozen=True, tag_field="kind", tag="ending", omit_defaults=True):
    """Last words. `session` counts the agent's starts, as in the batches; `boot_id` is the kernel's."""

    at: Time
    boot_id: Annotated[str, Meta(max_length=NAME_CHARS)]
    session: Count
    cause: EndingCause
