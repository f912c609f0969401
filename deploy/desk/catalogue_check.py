"""`sitewarden catalogue check`: a coding file against its schema, and each code against its samples."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from agent.logs.catalogues import place_fault
from deploy.desk.catalogues.matching import Codes
from deploy.desk.catalogues.order import find_overlaps, find_shadowed
from terminal import CommandRefused, Exit, Terminal
from wire.catalogue import read_catalogue
from wire.catalogue.model import Catalogue, ErrorCode, Module
from wire.errors import Fault, TextRefused
from wire.sentence import Sentence, sentence


@dataclass(frozen=True)
class WrongSample:
    """A sample of one code that is found as another code or none (`found` is None), or one that must not be found."""

    module: str
    code: str
    sample: str
    found: str | None
    must_not: bool = False

    def words(self) -> Sentence:
        """What to tell the author."""
        if self.must_not:
            return sentence("{code} finds what it must not find: {sample}", code=self.code, sample=self.sample)
        if self.found is None:
            return sentence("{code} does not find its sample: {sample}", code=self.code, sample=self.sample)
        return sentence(
            "a sample of {code} is found as {found}, which stands above it: {sample}",
            code=self.code,
            found=self.found,
            sample=self.sample,
        )


def check_samples(catalogue: Catalogue) -> tuple[int, list[WrongSample]]:
    """Run every sample as one record; how many there are, and which went wrong."""
    codes = Codes(catalogue)
    count, wrong = 0, []
    for module, error in catalogue.codes():
        for sample in error.samples:
            count += 1
            if (problem := _wrong_sample(codes, module, error, sample)) is not None:
                wrong.append(problem)
        for sample in error.not_samples:
            count += 1
            if _winner(codes, sample) == (module.code, error.code):
                wrong.append(WrongSample(module.code, error.code, sample, error.code, must_not=True))
    return count, wrong


def _wrong_sample(codes: Codes, module: Module, error: ErrorCode, sample: str) -> WrongSample | None:
    winner = _winner(codes, sample)
    if winner == (module.code, error.code):
        return None
    return WrongSample(module.code, error.code, sample, None if winner is None else winner[1])


def _winner(codes: Codes, sample: str) -> tuple[str, str] | None:
    hit = codes.find(sample)
    return None if hit is None else (hit.code.module.code, hit.code.error.code)


class CatalogueCheck:
    """Schema with line and column, warnings, samples."""

    name = "catalogue check"
    summary = sentence("check a catalogue: schema, patterns, texts, and each code against its samples")
    examples: Sequence[str] = ("sitewarden catalogue check openssh.yaml",)

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Declare the arguments."""
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("one JSON object")))
        parser.add_argument("file", type=Path, metavar="FILE", help=terminal.text(sentence("the catalogue")))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """0 usable and every sample found, 1 a sample is not found, 2 not usable."""
        path: Path = arguments.file
        try:
            text = path.read_bytes()
        except OSError as error:
            reason = error.strerror or str(error)
            raise CommandRefused(sentence("{path} cannot be read: {reason}", path=path, reason=reason)) from error
        try:
            catalogue, warnings = read_catalogue(text)
        except TextRefused as refusal:
            if arguments.json:
                terminal.json(_view(path, refusal.faults, [], 0, []))
            for fault in refusal.faults:
                terminal.warn(place_fault(path, fault))
            return Exit.BAD_INPUT
        count, wrong = check_samples(catalogue)
        shadowed = [found.words() for found in find_shadowed(catalogue)]
        overlaps = [found.words() for found in find_overlaps(catalogue)]
        if arguments.json:
            terminal.json(
                {
                    **_view(path, [], warnings, count, wrong),
                    "never_win": [str(words) for words in shadowed],
                    "overlaps": [str(words) for words in overlaps],
                }
            )
        else:
            for words in shadowed:
                terminal.warn(sentence("warning: {warning}", warning=words))
            for words in overlaps:
                terminal.say(words)
            _tell(terminal, path, catalogue, warnings, count, wrong)
        return Exit.FAILED if wrong else Exit.DONE


def _tell(
    terminal: Terminal, path: Path, catalogue: Catalogue, warnings: list[Fault], count: int, wrong: list[WrongSample]
) -> None:
    for warning in warnings:
        terminal.warn(sentence("warning: {warning}", warning=place_fault(path, warning)))
    for sample in wrong:
        terminal.warn(sample.words())
    terminal.say(
        sentence(
            "{product} {version}: {modules} modules, {codes} codes, {samples} samples, {wrong} of them wrong",
            product=catalogue.product,
            version=catalogue.version,
            modules=len(catalogue.modules),
            codes=sum(1 for _ in catalogue.codes()),
            samples=count,
            wrong=len(wrong),
        )
    )


def _view(path: Path, faults: list[Fault], warnings: list[Fault], count: int, wrong: list[WrongSample]) -> Any:
    return {
        "file": str(path),
        "usable": not faults,
        "faults": [_fault_view(fault) for fault in faults],
        "warnings": [_fault_view(warning) for warning in warnings],
        "samples": count,
        "wrong": [vars(sample) for sample in wrong],
    }


def _fault_view(fault: Fault) -> dict[str, Any]:
    return {"line": fault.line, "column": fault.column, "problem": str(fault.problem)}


COMMAND = CatalogueCheck()
