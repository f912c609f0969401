"""`sitewarden-collector`: the vendor's service and its command line."""

from __future__ import annotations

import sys
from pathlib import Path

from collector.commands import (
    agent_list,
    agent_revoke,
    catalogue_add,
    catalogue_list,
    clock,
    document_send,
    message_list,
    message_resend,
    message_show,
    problem_close,
    problem_confirm,
    problem_list,
    recipient_add,
    recipient_list,
    recipient_remove,
    recipient_test,
    replay,
    serve,
    silence_add,
    silence_list,
    silence_remove,
    site_add,
    site_list,
    site_token,
    ticket_acknowledge,
    ticket_assign,
    ticket_comment,
    ticket_list,
    ticket_merge,
    ticket_resolve,
    ticket_show,
    ticket_split,
    ticket_unmerge,
    user_add,
    user_disable,
    user_enable,
    user_link,
    user_list,
    user_token,
    user_token_revoke,
    user_tokens,
    vendor_load,
    webhook_add,
    webhook_list,
    webhook_remove,
    webhook_test,
    window_add,
    window_list,
    window_remove,
)
from terminal import run
from wire.sentence import sentence

COMMANDS = [
    module.COMMAND
    for module in (
        serve,
        site_add,
        site_list,
        site_token,
        catalogue_add,
        catalogue_list,
        clock,
        agent_list,
        agent_revoke,
        user_add,
        user_link,
        user_token,
        user_tokens,
        user_token_revoke,
        user_disable,
        user_enable,
        user_list,
        ticket_list,
        ticket_show,
        ticket_acknowledge,
        ticket_assign,
        ticket_comment,
        ticket_resolve,
        window_add,
        window_list,
        window_remove,
        silence_add,
        silence_list,
        silence_remove,
        problem_list,
        problem_confirm,
        problem_close,
        ticket_merge,
        ticket_unmerge,
        ticket_split,
        vendor_load,
        document_send,
        replay,
        recipient_add,
        recipient_list,
        recipient_remove,
        recipient_test,
        webhook_add,
        webhook_list,
        webhook_remove,
        webhook_test,
        message_list,
        message_show,
        message_resend,
    )
]


def main() -> int:
    """The exit code of the command that was typed."""
    summary = sentence("collector of Sitewarden: what customers' servers report becomes tickets")
    return run("sitewarden-collector", summary, COMMANDS, Path(__file__).parent / "locale")


if __name__ == "__main__":
    sys.exit(main())
