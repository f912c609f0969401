"""From notices to people and programs: who is told, what, over which channel, and whether it arrived.

Theory of operation
-------------------
1. The rules write rows of `notice` and `ticket_event` in the transaction of what they tell of.
2. The *outbox* (outbox.py) reads on from where it last stood and makes messages, one for each
   recipient or webhook that wants to hear. Rows, cursor and dedupe keys are one transaction: a
   crash repeats it as a whole, and nobody is told twice or never. What a message says is fixed
   then, so that every try carries the same bytes under the same id (`uid`).
3. Digests (and pages beyond a person's budget) are *gathered* and folded into one mail when their
   time has come and the person's quiet hours are over (digests.py).
4. A *courier* (delivery.py) claims one message for a bounded time, sends it with no database lock
   held, and notes the outcome. A courier that dies between sending and noting leaves a claim that
   lapses: the message goes out again under the same id. At least once, never twice at once.
5. What becomes of a try is decided by one table of states (state.py) and one of outcomes
   (policy.py). What could not be delivered stays as a dead letter until a person sends it again.

Each channel has threads of its own, so that a mail server that hangs delays no webhook, and none of
them touches the ingest.
"""
