"""`python -m deploy.demo`, which `make demo` calls."""

from __future__ import annotations

import sys

if sys.version_info < (3, 11):  # noqa: UP036  # said before anything that an older Python cannot even read
    sys.exit("Sitewarden needs Python 3.11 or newer; this is " + sys.version.split()[0])

import argparse
from pathlib import Path

from deploy.demo.app import run_demo
from deploy.demo.arguments import add_arguments
from terminal import CommandRefused, Terminal, load_language

LOCALE = Path(__file__).parents[1] / "desk" / "locale"


def main() -> int:
    """Parse, run, and turn a refusal into one line and an exit code."""
    terminal = Terminal(load_language(LOCALE))
    parser = argparse.ArgumentParser(prog="python -m deploy.demo", allow_abbrev=False)
    add_arguments(parser, terminal)
    try:
        return run_demo(parser.parse_args(), terminal)
    except CommandRefused as refusal:
        terminal.warn(refusal.why)
        return refusal.code


if __name__ == "__main__":
    sys.exit(main())
