"""What `status` says about the executor: it is asked, because only it knows."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import msgspec

from agent.settings.reading import SettingsUnreadable, read_settings
from remediation.executor.client import ExecutorClient, ExecutorRefused, NoExecutor
from remediation.executor.model import ExecutorState
from wire.errors import TextRefused
from wire.sentence import Sentence, sentence


def ask_executor(settings_path: Path) -> ExecutorState | None:
    """The executor's own words; None when nobody answers at the socket that the settings name."""
    try:
        settings = read_settings(settings_path, catalogues_needed=False).settings
        socket = Path(str(settings.executor.socket))
        return ExecutorClient(socket, time.monotonic).status()  # noqa: TID251  # handed on
    except (SettingsUnreadable, TextRefused, NoExecutor, ExecutorRefused):
        return None


def executor_values(state: ExecutorState | None) -> dict[str, Any]:
    """For --json."""
    return {} if state is None else msgspec.to_builtins(state)


def executor_lines(state: ExecutorState | None) -> list[Sentence]:
    """For people."""
    if state is None:
        return [sentence("executor: does not answer; signed requests wait, watching goes on")]
    lines = [
        sentence("executor: acts for {host} at {site}, isolation on", host=state.host, site=state.site)
        if state.isolation
        else sentence(
            "executor: acts for {host} at {site}, isolation off: it runs as the same user as who asks",
            host=state.host,
            site=state.site,
        ),
        sentence("audit chain: {count} records", count=state.records),
    ]
    if state.policy_problem:
        lines.append(sentence("executor: nothing can be approved: {problem}", problem=state.policy_problem))
    if state.vendor_problem:
        lines.append(sentence("executor: no vendor is trusted: {problem}", problem=state.vendor_problem))
    if state.unknown_outcomes:
        lines.append(sentence("executor: an action was cut off and its outcome is unknown; see `audit show`"))
    if state.torn_bytes:
        lines.append(
            sentence("audit chain: {count} bytes of an unfinished record were cut off", count=state.torn_bytes)
        )
    return lines


def refused_lines(kinds: list[str]) -> list[Sentence]:
    """Documents that came and were not taken."""
    return [sentence("refused document: {what}", what=what) for what in kinds]
