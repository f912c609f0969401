"""The agent's real command line and process, in a folder of its own, against a collector on loopback."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CATALOGUE = """product: HIS
version: "1"
modules:
  - code: BIL
    name: {en: Billing}
    errors:
      - code: BIL-1
        level: 2
        title: {en: t}
        match: [{regex: 'ERROR (?P<what>\\w+)'}]
        identity: [what]
        clears_by: BIL-0
      - {code: BIL-0, level: 4, title: {en: t}, match: [{regex: 'BACK (?P<what>\\w+)'}]}
"""
DEADLINE_S = 20.0


def wait_until(condition: Callable[[], object], what: str, most_s: float = DEADLINE_S) -> None:
    """Poll until it holds; fails loudly at the deadline."""
    end = time.monotonic() + most_s
    while not condition():
        assert time.monotonic() < end, f"not in {most_s} s: {what}"
        time.sleep(0.01)


class AgentProcess:
    """Settings, log and state below `folder`."""

    def __init__(self, folder: Path, repository: Path, address: str, more: str = "") -> None:
        self.folder = folder
        self.repository = repository
        self.settings = folder / "agent.yaml"
        self.log = folder / "app.log"
        self.own_log = folder / "agent.err"
        self.process: subprocess.Popen[bytes] | None = None
        self.under: tuple[str, ...] = ()  # a command that becomes the agent, see other_account.py
        (folder / "his.yaml").write_text(CATALOGUE, encoding="utf-8")
        self.log.write_text("started\n", encoding="utf-8")
        self.write_settings(address, more)

    def write_settings(self, address: str, more: str = "") -> None:
        self.settings.write_text(
            f"collector: {address}\nstate: state\n{more}"
            "sources:\n  - {name: app, path: app.log, catalogue: his.yaml}\n",
            encoding="utf-8",
        )

    def command(self, *words: str, language: str = "C", stdin: str = "") -> subprocess.CompletedProcess[str]:
        name, *rest = words
        return subprocess.run(
            [*self.under, sys.executable, "-m", "agent", *name.split(), "--settings", str(self.settings), *rest],
            capture_output=True,
            text=True,
            cwd=self.repository,
            env=os.environ | {"LANGUAGE": language},
            input=stdin,
            timeout=30,
            check=False,
        )

    def status(self) -> dict[str, Any]:
        found = json.loads(self.command("status", "--json").stdout)
        assert isinstance(found, dict)
        return found

    def start(self) -> None:
        with self.own_log.open("ab") as err:
            self.process = subprocess.Popen(
                [*self.under, sys.executable, "-m", "agent", "run", "--settings", str(self.settings)],
                cwd=self.repository,
                stderr=err,
            )
        status = self.folder / "state" / "status.json"
        pid = self.process.pid
        wait_until(lambda: status.exists() and f'"pid": {pid}' in status.read_text(encoding="utf-8"), "it runs")

    def write(self, *lines: str) -> None:
        with self.log.open("a", encoding="utf-8") as out:
            out.write("".join(f"{line}\n" for line in lines))

    def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        assert self.process is not None
        self.process.send_signal(number)
        code = self.process.wait(20)
        self.process = None
        return code

    def end(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait(20)
