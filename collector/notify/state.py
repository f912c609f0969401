"""The states of a message: one table. What is not in it is refused.

gathered ──fold──▶ folded            (another message tells it)
waiting ──claim──▶ sending ──deliver──▶ sent
   ▲  ▲──again / lapse──┘ │
   │                      └──refuse / give up──▶ dead ──resend──▶ waiting
"""

from __future__ import annotations

from enum import StrEnum
from types import MappingProxyType


class MessageState(StrEnum):
    """Where a message stands."""

    GATHERED = "gathered"  # waits to be told together with others
    WAITING = "waiting"  # to be sent at `next_at`
    SENDING = "sending"  # a courier holds it until `claimed_until`
    SENT = "sent"
    DEAD = "dead"  # not delivered; a person may send it again
    FOLDED = "folded"  # told by another message


class MessageEvent(StrEnum):
    """What happens to one; the names stand in its history."""

    FOLD = "fold"
    CLAIM = "claim"
    DELIVER = "deliver"
    AGAIN = "again"  # it failed in a way that may pass
    REFUSE = "refuse"  # it failed for good
    GIVE_UP = "give_up"  # it failed too often
    LAPSE = "lapse"  # whoever held it was not heard of again
    WITHDRAW = "withdraw"  # the recipient or webhook is gone, or has too many waiting
    RESEND = "resend"  # a person asked


State, Event = MessageState, MessageEvent

TABLE = MappingProxyType(
    {
        (State.GATHERED, Event.FOLD): State.FOLDED,
        (State.GATHERED, Event.WITHDRAW): State.DEAD,
        (State.WAITING, Event.CLAIM): State.SENDING,
        (State.WAITING, Event.WITHDRAW): State.DEAD,
        (State.SENDING, Event.DELIVER): State.SENT,
        (State.SENDING, Event.AGAIN): State.WAITING,
        (State.SENDING, Event.LAPSE): State.WAITING,
        (State.SENDING, Event.REFUSE): State.DEAD,
        (State.SENDING, Event.GIVE_UP): State.DEAD,
        (State.DEAD, Event.RESEND): State.WAITING,
    }
)


class NotNow(Exception):
    """The message is in a state in which this cannot happen; nothing was changed."""


def after(state: MessageState, event: MessageEvent) -> MessageState:
    """The state after the event; `NotNow` when the table has no such pair.

    >>> after(MessageState.DEAD, MessageEvent.RESEND)
    <MessageState.WAITING: 'waiting'>
    """
    try:
        return TABLE[state, event]
    except KeyError:
        raise NotNow(f"{event.value} of a message that is {state.value}") from None
