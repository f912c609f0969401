from __future__ import annotations

from pathlib import Path

from agent.logs.scan import Scanner
from deploy.desk.catalogues.matching import Codes, lines_of
from wire.catalogue import read_catalogue

CLINIC = Path(__file__).parents[5] / "deploy" / "demo" / "clinic.yaml"


def test_decides_as_the_agent_does() -> None:
    catalogue, _ = read_catalogue(CLINIC.read_bytes())
    scanner, codes = Scanner(catalogue), Codes(catalogue)
    samples = [sample for _, error in catalogue.codes() for sample in error.samples]
    for record in [*samples, "INFO all is well", "INFO\n  " + samples[0]]:
        one, other = codes.find(record), scanner.find(lines_of(record))
        assert (one and one.code.rank) == (other and other.code.rank)
    assert lines_of("a\nb\n") == ["a", "b"]
