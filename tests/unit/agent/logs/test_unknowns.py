from __future__ import annotations

from datetime import timedelta

from agent.logs.templates import template_of
from agent.logs.unknowns import OTHERS, TEMPLATES_MAX, Unknowns
from tests.builders import NOW
from wire.catalogue.model import Catalogue, Module, Texts
from wire.messages import decode_record, encode_record

CATALOGUE = Catalogue(product="clinic", version="7", modules=[Module(code="M", name=Texts(en="m"), errors=[])])


def test_equal_templates_are_one_with_count_and_span() -> None:
    unknowns = Unknowns(CATALOGUE)
    for number in range(3):
        unknowns.see(f"ERROR disk {number} of store", "ERROR", NOW + timedelta(seconds=5 - number), "/log/a")
    unknowns.see("FATAL out of paper", "FATAL", NOW, "/log/a")
    assert len(unknowns) == 2
    disk, paper = unknowns.errors()
    assert (disk.count, disk.first_at, disk.last_at) == (3, NOW + timedelta(seconds=3), NOW + timedelta(seconds=5))
    assert (disk.template, disk.sample, disk.severity) == (
        template_of("ERROR disk 0 of store"),
        "ERROR disk 0 of store",
        "ERROR",
    )
    assert (paper.product, paper.catalogue_version, paper.source, paper.count) == ("clinic", "7", "/log/a", 1)
    assert disk.fingerprint != paper.fingerprint
    assert decode_record(encode_record(disk)) == disk


def test_too_many_templates_are_counted_as_one() -> None:
    unknowns = Unknowns(CATALOGUE)
    for number in range(TEMPLATES_MAX + 10):
        word = "".join(chr(97 + int(digit)) for digit in str(number))
        unknowns.see(f"ERROR of {word}", "ERROR", NOW, "/log/a")
    errors = unknowns.errors()
    assert len(errors) == TEMPLATES_MAX + 1
    assert (errors[-1].template, errors[-1].count) == (OTHERS, 10)
