"""`sitewarden-agent status`: what the agent knows of itself, running or not."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from agent.budgets.state import Step
from agent.commands.executor_lines import ask_executor, executor_lines, executor_values, refused_lines
from agent.commands.loading import add_settings_argument
from agent.durable import LOCK_NAME, lock_holder
from agent.settings.address import is_plain
from agent.settings.reading import glance, no_settings
from agent.status import BudgetState, PatchFiles, Status, VendorState, read_status
from agent.told import Told
from agent.uplink.exchange import State
from agent.uplink.identity import IdentityBroken, read_identity
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import Sentence, sentence

MEGABYTE = 1_000_000


class ShowStatus:
    """Tells how the agent of this server is."""

    name = "status"
    summary = sentence("Show whether the agent runs, is enrolled, is connected, and what waits.")
    examples: Sequence[str] = ("sitewarden-agent status", "sitewarden-agent status --json")

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings, which name the state folder."""
        add_settings_argument(parser, terminal)
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Print it; 0 when the agent runs, 1 when it does not."""
        if not arguments.settings.exists():
            raise CommandRefused(no_settings(arguments.settings))
        state, collector = glance(arguments.settings)  # broken settings must not hide how the agent is
        try:
            pid, status = _running(state), read_status(state)
            found = _collect(state, collector, pid, status)
        except OSError as error:
            words = sentence("{path} cannot be read: {problem}", path=error.filename or state, problem=error.strerror)
            raise CommandRefused(words, Exit.FAILED) from error
        executor = ask_executor(arguments.settings)
        if arguments.json:
            terminal.json(found | {"executor": executor_values(executor)})
        else:
            for words in _lines(found, status) + executor_lines(executor):
                terminal.say(words)
        return Exit.DONE if pid else Exit.FAILED


def _running(state: Path) -> int:
    """The process id of the agent on this state folder, 0 when none runs."""
    lock = state / LOCK_NAME
    return (lock_holder(lock) or 0) if lock.exists() else 0


def _collect(state: Path, collector: str, pid: int, status: Status | None) -> dict[str, Any]:
    """Everything as plain values; numbers of a stopped agent are those that it wrote last."""
    written = {} if status is None else msgspec.to_builtins(status)
    problem = status.problem if status else None
    settings_problems = status.settings_problems if status else []
    try:
        identity = read_identity(state)
        identity_problem = ""
    except IdentityBroken as broken:
        identity, identity_problem = None, str(broken)
    return written | {
        "running": bool(pid),
        "pid": pid,
        "enrolled": identity is not None,
        "agent": identity.agent if identity else "",
        "site": identity.site if identity else "",
        "identity_problem": identity_problem,
        "collector": collector,
        "plain_http": is_plain(collector),
        "problem": _text(problem),
        "settings_problems": [_text(told) for told in settings_problems],
    }


def _text(told: Told | None) -> str:
    return str(told.sentence()) if told else ""


_DELIVERY = {
    State.STARTING: sentence("starting; the first report comes at its turn, within one interval"),
    State.READY: sentence("delivering"),
    State.UNDER_WAY: sentence("delivering"),
    State.CORRECTED: sentence("delivering, with the collector's clock"),
    State.UNDER_WAY_CORRECTED: sentence("delivering, with the collector's clock"),
    State.WAITING: sentence("waiting to try again"),
    State.SHUT_OUT: sentence("shut out by the collector; watching goes on"),
}


def _lines(found: dict[str, Any], status: Status | None) -> list[Sentence]:
    lines = [
        sentence("agent: running as process {pid}", pid=found["pid"])
        if found["running"]
        else sentence("agent: not running; start it with `sitewarden-agent run` or its service"),
        sentence("enrolled: as {agent} at {site}", agent=found["agent"], site=found["site"])
        if found["enrolled"]
        else sentence("enrolled: no; ask the vendor for a token and run `sitewarden-agent enrol TOKEN`"),
        sentence("collector: {address} (plain HTTP, this machine alone)", address=found["collector"])
        if found["plain_http"]
        else sentence("collector: {address}", address=found["collector"]),
    ]
    if found["identity_problem"]:
        lines.append(sentence("problem: {problem}", problem=found["identity_problem"]))
    return lines + (_details(status) if status else [])


def _details(status: Status) -> list[Sentence]:
    lines = [
        sentence("delivery: {state}", state=_DELIVERY[State(status.delivery or "ready")]),
        sentence("last receipt: {at}, up to batch {mark}", at=status.last_ack_at, mark=status.mark)
        if status.last_ack_at
        else sentence("last receipt: none since the start; batches up to {mark} are received", mark=status.mark),
        sentence(
            "spool: {records} records wait, {megabytes:.1f} MB in use, {gaps} gaps noted, {parked} records parked",
            records=status.waiting_records,
            megabytes=status.spool_bytes / MEGABYTE,
            gaps=status.gaps,
            parked=status.parked,
        ),
        sentence("reports: every {seconds:.0f} s, as the collector asks", seconds=status.interval_s),
        sentence("clock: {seconds} s from the collector's", seconds=status.clock_offset_s),
        sentence(
            "use: {megabytes:.0f} MB of memory, {seconds} s of processor time since {at}",
            megabytes=status.rss_bytes / MEGABYTE,
            seconds=status.cpu_seconds,
            at=status.started_at,
        ),
    ]
    lines += [*_vendor_lines(status.vendor), *_file_lines(status.patch_files), *_budget_lines(status.budgets)]
    if status.spool_full:
        lines.append(sentence("problem: the spool is full; logs wait where they are and nothing is lost"))
    if status.memory_records:
        lines.append(
            sentence(
                "problem: the disk takes nothing; {count} records of the agent itself wait in memory",
                count=status.memory_records,
            )
        )
    if status.problem:
        lines.append(sentence("problem: {problem}", problem=status.problem.sentence()))
    lines += refused_lines(status.unknown_documents)
    lines += [sentence("settings problem: {problem}", problem=told.sentence()) for told in status.settings_problems]
    lines += [
        sentence("problem: the part {name} keeps failing; see the log", name=name) for name in status.failing_loops
    ]
    for source in status.sources:
        where = sentence("log: {path}, read up to byte {position}", path=source.path, position=source.position)
        words = source.told.sentence() if source.told else source.problem
        problem = sentence("log: {path}: {problem}", path=source.path, problem=words)
        lines.append(problem if source.problem else where)
        if source.encoding:
            lines.append(sentence("log: {path} reads as {encoding}", path=source.path, encoding=source.encoding))
    return lines


_STEPS = {
    Step.LEAN: sentence("budget: context and samples are left out"),
    Step.COUNTS: sentence("budget: faults are counted, their texts are left out"),
    Step.HEARTBEAT: sentence("budget: logs wait where they are, only signs of life are sent"),
}


def _budget_lines(budgets: BudgetState) -> list[Sentence]:
    if not budgets.step:
        return []
    used = sentence(
        "budget: of this hour's allowance {cpu:.0%} of processor time, {data:.0%} of bytes, {events:.0%} of events",
        cpu=budgets.cpu_used,
        data=budgets.bytes_used,
        events=budgets.events_used,
    )
    return [used] + [words for step, words in _STEPS.items() if step == budgets.step]


def _vendor_lines(vendor: VendorState) -> list[Sentence]:
    if vendor.root_version:
        lines = [
            sentence(
                "vendor: root version {version}, signed until {at}", version=vendor.root_version, at=vendor.expires_at
            )
        ]
    elif vendor.is_rooted:
        lines = [sentence("vendor: a root is here, and nothing that it signed")]
    else:
        lines = [sentence("vendor: no root on this host; every change is refused, watching goes on")]
    lines += [sentence("vendor: {warning}", warning=told.sentence()) for told in vendor.warnings]
    return lines + [sentence("problem: {problem}", problem=told.sentence()) for told in vendor.refusals]


def _file_lines(files: PatchFiles) -> list[Sentence]:
    """The files of a patch that are being fetched."""
    lines = []
    if files.patch:
        here, whole = files.here_bytes // MEGABYTE, files.all_bytes // MEGABYTE
        lines.append(
            sentence("patch {patch}: {here} of {whole} MB are here", patch=files.patch, here=here, whole=whole)
        )
    if files.refused:
        lines.append(sentence("problem: {count} times came what the vendor has not signed", count=files.refused))
    return lines + ([sentence("problem: {problem}", problem=files.problem.sentence())] if files.problem else [])


COMMAND = ShowStatus()
