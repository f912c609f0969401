"""`sitewarden-collector webhook remove`: tell a webhook nothing more."""

from __future__ import annotations

from typing import Any

from collector.commands.by_name import ByName
from collector.notify.people import service
from collector.parts import Parts
from wire.sentence import Sentence, sentence


def _remove(parts: Parts, name: str) -> tuple[dict[str, Any], Sentence]:
    service.remove_webhook(parts, name)
    return {"name": name}, sentence("webhook {name} was removed", name=name)


COMMAND = ByName(
    name="webhook remove",
    summary=sentence("remove a webhook; what waits for it is withdrawn"),
    examples=("sitewarden-collector webhook remove chat",),
    whose=sentence("the webhook's name"),
    act=_remove,
)
