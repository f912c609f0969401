"""YAML text -> a catalogue whose every pattern compiles, or a list of faults with line and column."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path

import msgspec

from wire.catalogue.dialect import compile_pattern, find_problem, find_risk, group_names
from wire.catalogue.model import Catalogue, ErrorCode, Module, Pattern, VersionProbe
from wire.catalogue.saved import faults_of
from wire.errors import Fault, TextRefused
from wire.sentence import Sentence, sentence
from wire.yaml_text import Marks, mark_of, read_placed

HOST_PRODUCT = "host"


def read_catalogue(text: str | bytes) -> tuple[Catalogue, list[Fault]]:
    """The catalogue in `text` and its warnings; `TextRefused` lists every fault that makes it unusable."""
    catalogue, marks = read_placed(text, Catalogue)
    checks = _Checks(marks)
    checks.catalogue(catalogue)
    if checks.faults:
        raise TextRefused(checks.faults)
    return catalogue, checks.warnings


@cache
def host_catalogue() -> Catalogue:
    """The built-in catalogue `host`: the codes of health, presence and the agent itself."""
    return read_catalogue(Path(__file__).with_name("host.yaml").read_bytes())[0]


def encode_catalogue(catalogue: Catalogue) -> bytes:
    """The catalogue as JSON, for storing."""
    return msgspec.json.encode(catalogue)


def decode_catalogue(raw: bytes) -> Catalogue:
    """A catalogue that `encode_catalogue` wrote."""
    return msgspec.json.decode(raw, type=Catalogue)


class _Checks:
    """What the schema cannot say: uniqueness, references, patterns, missing translations."""

    def __init__(self, marks: Marks) -> None:
        self._marks = marks
        self.faults: list[Fault] = []
        self.warnings: list[Fault] = []

    def catalogue(self, catalogue: Catalogue) -> None:
        seen: set[str] = set()
        for at, module in enumerate(catalogue.modules):
            path = f"$.modules[{at}]"
            if module.code in seen:
                self._fault(f"{path}.code", sentence("the module {code} stands twice", code=module.code))
            seen.add(module.code)
            self._texts(module.name, f"{path}.name", module.code)
            self._module(module, path, needs_match=catalogue.product != HOST_PRODUCT)
            for place, probe in enumerate(module.probes):
                if problem := _probe_problem(probe):
                    self._fault(f"{path}.probes[{place}]", problem)

        self._versions(catalogue.versions)
        if catalogue.backup is not None:
            for where, problem in faults_of(catalogue.backup):
                self._fault(f"$.backup.{where}", problem)

    def _versions(self, versions: Sequence[str]) -> None:
        for at, version in enumerate(versions):
            if version in versions[:at]:
                self._fault(f"$.versions[{at}]", sentence("the version {version} stands twice", version=version))

    def _module(self, module: Module, path: str, *, needs_match: bool) -> None:
        codes = [error.code for error in module.errors]
        for at, error in enumerate(module.errors):
            where = f"{path}.errors[{at}]"
            if error.code in codes[:at]:
                self._fault(f"{where}.code", sentence("the code {code} stands twice", code=error.code))
            if error.clears_by is not None and (error.clears_by not in codes or error.clears_by == error.code):
                problem = sentence("{code} is not another code of this module", code=error.clears_by)
                self._fault(f"{where}.clears_by", problem)
            if needs_match and not error.match:
                self._fault(where, sentence("{code} has no match entry and can never be found", code=error.code))
            self._texts(error.title, f"{where}.title", error.code)
            self._patterns(error, where)

    def _patterns(self, error: ErrorCode, where: str) -> None:
        names: set[str] = set()
        broken = False
        for at, pattern in enumerate(error.match):
            problem = _pattern_problem(pattern)
            if problem:
                broken = True
                key = "literal" if pattern.regex is None else "regex"
                self._fault(f"{where}.match[{at}].{key}", problem)
            elif pattern.regex is not None:
                names |= group_names(pattern.regex)
                self._risk(pattern.regex, f"{where}.match[{at}].regex")
        if broken or not error.match:
            return
        for at, name in enumerate(error.identity):
            if name not in names:
                problem = sentence("no pattern of {code} has a group named {name}", code=error.code, name=name)
                self._fault(f"{where}.identity[{at}]", problem)

    def _risk(self, regex: str, path: str) -> None:
        if risk := find_risk(regex):
            self.warnings.append(Fault(*mark_of(path, self._marks), risk))

    def _texts(self, texts: object, path: str, code: str) -> None:
        missing = [language for language in ("ko", "zh") if getattr(texts, language) is None]
        if missing:
            problem = sentence("{code} has no text in {languages}", code=code, languages=", ".join(missing))
            self.warnings.append(Fault(*mark_of(path, self._marks), problem))

    def _fault(self, path: str, problem: Sentence) -> None:
        self.faults.append(Fault(*mark_of(path, self._marks), problem))


def _pattern_problem(pattern: Pattern) -> Sentence | None:
    if (pattern.regex is None) == (pattern.literal is None):
        return sentence("a match entry has either regex or literal")
    if pattern.literal is not None and "\n" in pattern.literal:
        return sentence("a literal is searched in one line and cannot hold a line end")
    return find_problem(pattern.regex) if pattern.regex is not None else None


def _probe_problem(probe: VersionProbe) -> Sentence | None:
    if sum(way is not None for way in (probe.file, probe.package, probe.url)) != 1:
        return sentence("a version probe has exactly one of file, package and url")
    if (probe.regex is None) != (probe.package is not None):
        return sentence("a version probe of a file or url needs a regex, one of a package has none")
    if probe.file is not None and ".." in probe.file.split("/"):
        return sentence("the file of a version probe is an absolute path without ..")
    if probe.regex is None:
        return None
    problem = find_problem(probe.regex) or find_risk(probe.regex)  # it runs on the host with nobody watching
    if problem is None and compile_pattern(probe.regex).groups != 1:
        return sentence("the regex of a version probe has one group, which is the version")
    return problem
