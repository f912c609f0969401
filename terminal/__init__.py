"""The command lines' common ground: commands, exit codes, language, output.

Agent, collector and desk each give a list of `Command`s to `run`. Output goes to a `Terminal`,
which translates sentences, writes JSON, and never colours a pipe.
"""

from terminal.command import Command, CommandRefused, Exit, Later, run
from terminal.output import Terminal, load_language

__all__ = ["Command", "CommandRefused", "Exit", "Later", "Terminal", "load_language", "run"]
