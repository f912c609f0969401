"""`sitewarden-agent try`: run a catalogue over files and print the hits."""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from agent.logs.catalogues import CatalogueRefused, look_at_catalogue
from agent.logs.opening import NotReadable, open_log
from agent.logs.scan import Scanner
from agent.logs.trial import Hit, Tally, try_log
from agent.settings.encoding import Encoding, EncodingRefused, find_encoding
from terminal import CommandRefused, Exit, Terminal
from wire.sentence import Sentence, sentence

CHUNK_BYTES = 262_144
PROGRESS_EVERY_S = 2.0


class Try:
    """Print every line of some logs that a catalogue knows."""

    name = "try"
    summary = sentence("run a catalogue over log files and print every hit")
    examples = (
        "sitewarden-agent try --catalogue openssh.yaml /var/log/auth.log",
        "sitewarden-agent try --catalogue openssh.yaml --bench /var/log/auth.log",
    )

    def __init__(self, elapsed: Callable[[], float]) -> None:
        self._elapsed = elapsed

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        say = terminal.text
        parser.add_argument(
            "--catalogue", required=True, type=Path, metavar="FILE", help=say(sentence("the catalogue"))
        )
        parser.add_argument(
            "--encoding", default="utf-8", metavar="NAME", help=say(sentence("encoding of the logs (utf-8)"))
        )
        parser.add_argument(
            "--bench", action="store_true", help=say(sentence("print no hits, only how fast the logs were searched"))
        )
        parser.add_argument("--json", action="store_true", help=say(sentence("one JSON object for every hit")))
        parser.add_argument("logs", nargs="+", metavar="LOG", help=say(sentence("a log file")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Check everything first, so that bad input prints no half of the hits; then read."""
        scanner = _scanner(arguments.catalogue, terminal)
        encoding = _encoding(arguments.encoding)
        for log in arguments.logs:
            os.close(_open(log))
        tally = Tally()
        progress = _Progress(terminal, tally, self._elapsed)
        for log in arguments.logs:
            tally.files += 1
            for hit in try_log(scanner, encoding, _chunks(log, progress), tally):
                if not arguments.bench:
                    _print_hit(terminal, log, hit, as_json=arguments.json)
        progress.end()
        if arguments.bench:
            _print_bench(terminal, scanner, tally, progress.seconds, as_json=arguments.json)
        _print_statistics(terminal, tally, progress.seconds, arguments.encoding)
        return Exit.DONE


def _scanner(path: Path, terminal: Terminal) -> Scanner:
    try:
        loaded = look_at_catalogue(path)
    except CatalogueRefused as refusal:
        for fault in refusal.faults[:-1]:
            terminal.warn(fault)
        raise CommandRefused(refusal.faults[-1]) from refusal
    for warning in loaded.warnings:
        terminal.warn(sentence("warning: {warning}", warning=warning))
    return loaded.scanner


def _encoding(name: str) -> Encoding:
    try:
        return find_encoding(name)
    except EncodingRefused as refusal:
        raise CommandRefused(refusal.why) from refusal


def _open(log: str) -> int:
    try:
        return open_log(log, follow_links=True)
    except NotReadable as refusal:
        raise CommandRefused(sentence("{path} cannot be read: {reason}", path=log, reason=refusal.why)) from refusal
    except FileNotFoundError as refusal:
        raise CommandRefused(sentence("{path} does not exist", path=log)) from refusal


def _chunks(log: str, progress: _Progress) -> Iterator[bytes]:
    with open(_open(log), "rb", buffering=0) as file:
        try:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
                progress.show()
        except OSError as error:
            raise CommandRefused(
                sentence("{path} cannot be read: {reason}", path=log, reason=error.strerror or str(error)), Exit.FAILED
            ) from error


def _print_hit(terminal: Terminal, log: str, hit: Hit, *, as_json: bool) -> None:
    module, error, fields = hit.found.code.module, hit.found.code.error, hit.found.fields
    if as_json:
        terminal.json(
            {
                "file": log,
                "line": hit.line_number,
                "module": module.code,
                "code": error.code,
                "level": error.level,
                "fields": fields,
            }
        )
        return
    title = error.title.in_language(str(terminal.language.info().get("language", "en")))
    terminal.say(
        sentence(
            "{file}:{line}: level {level} {module} {code} {title} {fields}",
            file=log,
            line=hit.line_number,
            level=error.level,
            module=module.code,
            code=error.code,
            title=title,
            fields=" ".join(f"{name}={text}" for name, text in fields.items()),
        )
    )


def _print_bench(terminal: Terminal, scanner: Scanner, tally: Tally, seconds: float, *, as_json: bool) -> None:
    took = max(seconds, 1e-6)
    rate, megabytes = round(tally.lines / took), round(tally.bytes_read / took / 1e6, 1)
    if as_json:
        figures = {"lines_per_s": rate, "mb_per_s": megabytes, "cpu_seconds": round(seconds, 3), "lines": tally.lines}
        terminal.json({**figures, "hits": tally.hits, "unknown": tally.unknown, "engine": scanner.engine})
        return
    terminal.say(
        sentence(
            "{rate} lines/s, {megabytes} MB/s, {seconds} s of processor time, engine {engine}",
            rate=rate,
            megabytes=megabytes,
            seconds=f"{seconds:.3f}",
            engine=scanner.engine,
        )
    )


def _print_statistics(terminal: Terminal, tally: Tally, seconds: float, encoding: str) -> None:
    for words in _statistics(tally, seconds, encoding):
        terminal.warn(words)


def _statistics(tally: Tally, seconds: float, encoding: str) -> Iterator[Sentence]:
    yield sentence(
        "{lines} lines, {hits} hits, {codes} codes, {rate} lines/s, {undecodable} undecodable bytes",
        lines=tally.lines,
        hits=tally.hits,
        codes=len(tally.codes),
        rate=round(tally.lines / seconds) if seconds > 0 else 0,
        undecodable=tally.undecodable,
    )
    if tally.unknown:
        yield sentence("{count} lines tell of an error and have no code", count=tally.unknown)
    if tally.undecodable:
        yield sentence(
            "some bytes are not {encoding}: they are kept as \\xNN; --encoding names another", encoding=encoding
        )
    if tally.nuls:
        yield sentence("{count} NUL bytes were folded: the log looks binary, or was torn by a crash", count=tally.nuls)
    if tally.lines_cut:
        yield sentence("{count} lines were too long and were cut", count=tally.lines_cut)


class _Progress:
    """A line on a terminal's standard error every two seconds; measures the time in any case."""

    def __init__(self, terminal: Terminal, tally: Tally, elapsed: Callable[[], float]) -> None:
        self._terminal = terminal
        self._tally = tally
        self._elapsed = elapsed
        self._started = self._shown = elapsed()
        self.seconds = 0.0

    def show(self) -> None:
        """Say how far it is, if it is time and somebody looks."""
        now = self._elapsed()
        if now - self._shown >= PROGRESS_EVERY_S and self._terminal.err.isatty():
            self._shown = now
            self._terminal.warn(
                sentence(
                    "{megabytes} MB read, {hits} hits",
                    megabytes=self._tally.bytes_read // 1_000_000,
                    hits=self._tally.hits,
                )
            )

    def end(self) -> None:
        """Stop the clock."""
        self.seconds = self._elapsed() - self._started


COMMAND = Try(time.process_time)  # lines per second of processor time, as all our figures
