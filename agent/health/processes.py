"""The processes that the settings name, found by a text in their command line."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass

import psutil

from agent.settings.model import WatchedProcess
from wire.messages import Process


@dataclass(frozen=True)
class Found:
    """One watched process: what is sent, and who it was: (pid, creation time) of each."""

    sample: Process
    members: frozenset[tuple[int, float]]


def read_processes(watched: Sequence[WatchedProcess]) -> list[Found]:
    """What runs of each watched process; zombies and the agent itself do not count."""
    if not watched:
        return []
    running = list(_running())
    return [_found(process, running) for process in watched]


def _running() -> list[tuple[str, psutil.Process]]:
    found = []
    for process in psutil.process_iter(["cmdline", "status"]):
        words = process.info["cmdline"]
        if words and process.info["status"] != psutil.STATUS_ZOMBIE and process.pid != os.getpid():
            found.append((" ".join(words), process))
    return found


def _found(watched: WatchedProcess, running: Sequence[tuple[str, psutil.Process]]) -> Found:
    members: set[tuple[int, float]] = set()
    rss_bytes, cpu_percent = 0, 0.0
    for words, process in running:
        if watched.command not in words:
            continue
        try:
            with process.oneshot():
                members.add((process.pid, process.create_time()))
                rss_bytes += process.memory_info().rss
                cpu_percent += process.cpu_percent(interval=None)
        except psutil.Error:
            continue  # gone while we looked
    sample = Process(
        name=watched.name, running=len(members), rss_bytes=rss_bytes, cpu_percent=round(max(0.0, cpu_percent), 1)
    )
    return Found(sample, frozenset(members))
