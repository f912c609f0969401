"""`sitewarden-collector webhook test`: send a webhook a test message."""

from __future__ import annotations

from collector.commands.by_name import ByName, on_its_way
from collector.notify.people import service
from wire.sentence import sentence

COMMAND = ByName(
    name="webhook test",
    summary=sentence("put a test message on its way to a webhook"),
    examples=("sitewarden-collector webhook test chat",),
    whose=sentence("the webhook's name"),
    act=lambda parts, name: on_its_way(service.send_test_call(parts, name)),
)
