"""`sitewarden-collector recipient remove`: tell a recipient nothing more."""

from __future__ import annotations

from typing import Any

from collector.commands.by_name import ByName
from collector.notify.people import service
from collector.parts import Parts
from wire.sentence import Sentence, sentence


def _remove(parts: Parts, name: str) -> tuple[dict[str, Any], Sentence]:
    service.remove_recipient(parts, name)
    return {"name": name}, sentence("recipient {name} was removed", name=name)


COMMAND = ByName(
    name="recipient remove",
    summary=sentence("remove a recipient; what waits for it is withdrawn"),
    examples=("sitewarden-collector recipient remove kim",),
    whose=sentence("the recipient's name"),
    act=_remove,
)
