"""`sitewarden demo`: the same as `make demo`."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from deploy.demo.app import run_demo
from deploy.demo.arguments import add_arguments
from terminal import Terminal
from wire.sentence import sentence


class Demo:
    """Two customer sites on this machine, until Ctrl-C."""

    name = "demo"
    summary = sentence("watch faults of a real application become tickets, on this machine")
    examples: Sequence[str] = (
        "sitewarden demo",
        "sitewarden demo --check",
        "sitewarden demo --log app.log --catalogue app.yaml",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        add_arguments(parser, terminal)

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Start everything, wait, end everything."""
        return run_demo(arguments, terminal)


COMMAND = Demo()
