"""What can be said of a recipient, for the command that makes one and the one that changes one."""

from __future__ import annotations

import argparse

from collector.notify.model import LANGUAGES
from collector.tickets.desk.model import NoticeKind
from terminal import Terminal
from wire.sentence import sentence


def add_recipient_arguments(parser: argparse.ArgumentParser, terminal: Terminal, *, is_new: bool = False) -> None:
    """Declare them; what is not typed is None, or an empty list."""
    say = terminal.text
    parser.add_argument("--mail", required=is_new, metavar="ADDRESS", help=say(sentence("where mail goes")))
    parser.add_argument("--language", choices=LANGUAGES, help=say(sentence("its language")))
    words = sentence("what is told: page, digest or customer; may be repeated (default: page and digest)")
    parser.add_argument(
        "--kind", action="append", default=[], choices=[kind.value for kind in NoticeKind], help=say(words)
    )
    words = sentence("this level and the worse ones (default 4: all)")
    parser.add_argument("--level", type=int, choices=[1, 2, 3, 4], help=say(words))
    sites = parser.add_mutually_exclusive_group()
    words = sentence("only of this site; may be repeated")
    sites.add_argument("--site", action="append", default=[], metavar="ID", help=say(words))
    if not is_new:
        sites.add_argument("--all-sites", action="store_true", help=say(sentence("of every site again")))
    parser.add_argument("--tz", help=say(sentence("time zone of the quiet hours, such as Asia/Seoul")))
    words = sentence("hours in which digests wait, such as 22:00-07:00")
    parser.add_argument("--quiet", metavar="HOURS", help=say(words))
    parser.add_argument("--json", action="store_true", help=say(sentence("print JSON")))
