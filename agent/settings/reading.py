"""The settings file as a checked whole: schema first, then what a schema cannot say.

Every fault has line and column. Paths are absolute, or relative to the settings file. Nothing is
applied here; the caller swaps old settings for new only when this returns.
"""

from __future__ import annotations

import re
import zoneinfo
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from msgspec.structs import replace

from agent.settings.address import address_problem, proxy_problem
from agent.settings.catalogue_names import catalogue_path, signed_product
from agent.settings.catalogue_text import read_once
from agent.settings.encoding import AUTO, EncodingRefused, find_encoding
from agent.settings.model import (
    BackupSettings,
    ExecutorSettings,
    JournalRule,
    Limit,
    RecordRule,
    Settings,
    Source,
    TimeRule,
)
from agent.settings.probe_paths import bounds_faults, probe_faults, with_paths
from wire.catalogue.model import Catalogue
from wire.errors import Fault, TextRefused
from wire.sentence import Sentence, sentence
from wire.yaml_text import Marks, mark_of, read_marked, read_yaml

DEFAULT_PATH: Final = Path("/etc/sitewarden/agent.yaml")
DEFAULT_STATE: Final = "/var/lib/sitewarden"  # as in the model
EXECUTOR: Final = "-executor"  # behind the name of the state folder
BACKUP: Final = "-backup"  # the same
BACKUP_POLICY: Final = "backup.yaml"  # beside the settings
EXECUTOR_SOCKET: Final = "executor.sock"  # in the executor's folder
SERVICE_SOCKET: Final = "/run/sitewarden-executor.sock"  # what sitewarden-executor.socket opens for the default folders


@dataclass(frozen=True)
class Loaded:
    """Settings with absolute paths, the catalogues that they name (by path), and warnings."""

    settings: Settings
    catalogues: dict[str, Catalogue]
    warnings: list[Fault] = field(default_factory=list)


class SettingsUnreadable(Exception):
    """The file could not be read at all; the sentence says why and what to do."""

    def __init__(self, why: Sentence) -> None:
        super().__init__(str(why))
        self.why = why


def read_settings(path: Path, *, catalogues_needed: bool = True) -> Loaded:
    """The settings in `path`; `SettingsUnreadable`, or `TextRefused` with every fault found.

    At the start of the agent a broken catalogue is a warning (`catalogues_needed=False`): one source that
    cannot be read is no reason to watch nothing at all.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError as error:
        raise SettingsUnreadable(no_settings(path)) from error
    except OSError as error:
        raise SettingsUnreadable(
            sentence("the settings file {path} cannot be read: {problem}", path=path, problem=error.strerror)
        ) from error
    return parse_settings(raw, path.absolute().parent, catalogues_needed=catalogues_needed)


def parse_settings(raw: bytes, folder: Path, *, catalogues_needed: bool = True) -> Loaded:
    """The settings in `raw`, whose relative paths start at `folder`."""
    settings = _with_paths(read_yaml(raw, Settings), folder)
    checks = _Checks(read_marked(raw)[1])
    checks.settings(settings)
    if catalogues_needed:
        checks.faults += checks.catalogue_faults
    if checks.faults:
        raise TextRefused(sorted(checks.faults, key=lambda fault: (fault.line, fault.column)))
    return Loaded(settings, checks.catalogues, checks.catalogue_faults)


def no_settings(path: Path) -> Sentence:
    """What to say when the settings file is missing."""
    return sentence("there is no settings file {path}; write one or name it with --settings", path=path)


def glance(path: Path) -> tuple[Path, str]:
    """State folder and collector of a settings file that may be wrong elsewhere; defaults where they are missing."""
    try:
        document, _ = read_marked(path.read_bytes())
    except (OSError, TextRefused):
        document = None
    found = document if isinstance(document, dict) else {}
    state, collector = found.get("state"), found.get("collector")
    folder = path.absolute().parent / (state if isinstance(state, str) else DEFAULT_STATE)
    return folder, collector if isinstance(collector, str) else ""


def _placed_journal(journal: JournalRule | None, folder: Path) -> JournalRule | None:
    if journal is None or not journal.directory:
        return journal
    return replace(journal, directory=str(folder / journal.directory))


def _with_paths(settings: Settings, folder: Path) -> Settings:
    state = folder / settings.state
    sources = [
        replace(
            source,
            path=str(folder / source.path) if source.path else "",
            journal=_placed_journal(source.journal, folder),
            catalogue=catalogue_path(state, folder, source.catalogue),
        )
        for source in settings.sources
    ]
    ca_file = None if settings.ca_file is None else str(folder / settings.ca_file)
    executor = _executor_paths(settings.executor, folder, state)
    own = folder / settings.backup.folder if settings.backup.folder else state.with_name(state.name + BACKUP)
    return replace(
        settings,
        state=str(state),
        ca_file=ca_file,
        sources=sources,
        executor=executor,
        backup=BackupSettings(folder=str(own), policy=str(folder / (settings.backup.policy or BACKUP_POLICY))),
        probes=with_paths(settings.probes, folder),
    )


def _executor_paths(executor: ExecutorSettings, folder: Path, state: Path) -> ExecutorSettings:
    """Both paths, absolute; by default the executor lives beside the state folder, which belongs to the agent.

    The executor of the default folder is the one of the shipped units: its socket is the service manager's.
    """
    own = folder / executor.folder if executor.folder else state.with_name(state.name + EXECUTOR)
    usual = Path(SERVICE_SOCKET) if own == Path(DEFAULT_STATE + EXECUTOR) else own / EXECUTOR_SOCKET
    socket = folder / executor.socket if executor.socket else usual
    return ExecutorSettings(folder=str(own), socket=str(socket))


class _Checks:
    """What the schema cannot say."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self.faults: list[Fault] = []
        self.catalogue_faults: list[Fault] = []
        self.catalogues: dict[str, Catalogue] = {}
        self._bad_catalogues: dict[str, Sentence] = {}

    def settings(self, settings: Settings) -> None:
        problem = address_problem(settings.collector)
        if problem:
            self._fault("$.collector", problem)
        problem = proxy_problem(settings.proxy) if settings.proxy else None
        if problem:
            self._fault("$.proxy", problem)
        if settings.ca_file is not None and not Path(settings.ca_file).is_file():
            self._fault("$.ca_file", sentence("there is no file {path}", path=settings.ca_file))
        for name in ("disk", "cpu", "memory"):
            self._limit(getattr(settings.health, name), f"$.health.{name}")
        self._unique([source.name for source in settings.sources], "$.sources")
        self._unique([process.name for process in settings.health.processes], "$.health.processes")
        for at, pattern in enumerate(settings.redaction.patterns):
            self._pattern(pattern.regex, f"$.redaction.patterns[{at}].regex")
        self._unique([pattern.name.upper() for pattern in settings.redaction.patterns], "$.redaction.patterns")
        for place, problem in (*probe_faults(settings.probes), *bounds_faults(settings.bounds)):
            self._fault(place, problem)
        for at, source in enumerate(settings.sources):
            self._source(source, f"$.sources[{at}]")

    def _source(self, source: Source, path: str) -> None:
        if bool(source.path) == (source.journal is not None):
            self._fault(path, sentence("a source has a path or a journal, and not both"))
        if any(letter in str(Path(source.path).parent) for letter in "*?["):
            self._fault(f"{path}.path", sentence("only the last part of a path may hold * and ?"))
        try:
            find_encoding(source.encoding)
        except EncodingRefused as refused:
            self._fault(f"{path}.encoding", refused.why)
        if source.format == "json" and source.encoding.lower() not in {"utf-8", AUTO}:
            self._fault(f"{path}.encoding", sentence("JSON lines are UTF-8; leave the encoding out"))
        if source.zone is not None and not _is_zone(source.zone):
            self._fault(f"{path}.zone", sentence("{name} is not a time zone such as Asia/Seoul", name=source.zone))
        self._rules(source, path)
        self._catalogue(source.catalogue, f"{path}.catalogue")

    def _rules(self, source: Source, path: str) -> None:
        if isinstance(source.record, RecordRule):
            self._regex(source.record.start, f"{path}.record.start", groups=None)
        if isinstance(source.time, TimeRule):
            self._regex(source.time.regex, f"{path}.time.regex", groups=1)

    def _regex(self, text: str, path: str, *, groups: int | None) -> None:
        try:
            found = re.compile(text, re.ASCII).groups
        except (re.error, OverflowError, RecursionError) as error:
            self._fault(path, sentence("not a regular expression: {problem}", problem=str(error)))
            return
        if groups is not None and found != groups:
            self._fault(path, sentence("it has {found} groups, expected {groups}", found=found, groups=groups))

    def _pattern(self, text: str, path: str) -> None:
        before = len(self.faults)
        self._regex(text, path, groups=None)
        if len(self.faults) == before and re.search(text, "", re.ASCII):
            self._fault(path, sentence("it matches a text without any letter, so it would hide nothing or everything"))

    def _catalogue(self, path: str, where: str) -> None:
        if path not in self.catalogues and path not in self._bad_catalogues:
            self._read_catalogue(path)
        if path in self._bad_catalogues:
            self.catalogue_faults.append(Fault(*mark_of(where, self._marks), self._bad_catalogues[path]))

    def _read_catalogue(self, path: str) -> None:
        try:
            self.catalogues[path] = read_once(Path(path).read_bytes())
        except OSError as error:
            product = signed_product(Path(path))
            if product is not None and isinstance(error, FileNotFoundError):
                self._bad_catalogues[path] = sentence(
                    "the vendor's catalogue {product} has not come yet; it needs the vendor's root", product=product
                )
                return
            words = sentence("the catalogue {path} cannot be read: {problem}", path=path, problem=error.strerror)
            self._bad_catalogues[path] = words
        except TextRefused as refused:
            first = refused.faults[0]
            self._bad_catalogues[path] = sentence(
                "the catalogue {path} is wrong at {line}:{column}: {problem}", path=path, **vars(first)
            )

    def _limit(self, limit: Limit, path: str) -> None:
        if limit.clear_percent >= limit.raise_percent:
            self._fault(f"{path}.clear_percent", sentence("clear_percent must be below raise_percent"))

    def _unique(self, names: list[str], path: str) -> None:
        for at, name in enumerate(names):
            if name in names[:at]:
                self._fault(f"{path}[{at}].name", sentence("the name {name} stands twice", name=name))

    def _fault(self, path: str, problem: Sentence) -> None:
        self.faults.append(Fault(*mark_of(path, self._marks), problem))


def _is_zone(name: str) -> bool:
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
