"""`sitewarden-collector recipient test`: send a recipient a test message."""

from __future__ import annotations

from collector.commands.by_name import ByName, on_its_way
from collector.notify.people import service
from wire.sentence import sentence

COMMAND = ByName(
    name="recipient test",
    summary=sentence("put a test message on its way to a recipient"),
    examples=("sitewarden-collector recipient test kim",),
    whose=sentence("the recipient's name"),
    act=lambda parts, name: on_its_way(service.send_test_mail(parts, name)),
)
