"""What changed between two catalogues, in the words of the domain; pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from deploy.desk.catalogues.matching import Codes
from wire.catalogue.model import Catalogue, ErrorCode
from wire.sentence import Sentence, sentence


@dataclass(frozen=True)
class Change:
    """One difference: what kind, which code, and the sentence."""

    kind: str
    code: str
    words: Sentence


def find_changes(old: Catalogue, new: Catalogue) -> list[Change]:
    """Every difference that matters to a person, in the new catalogue's order."""
    return [*_products(old, new), *_codes(old, new), *_order(old, new), *_samples(old, new)]


def _products(old: Catalogue, new: Catalogue) -> Iterator[Change]:
    if old.product != new.product:
        yield Change("product", "", sentence("another product: {old}, now {new}", old=old.product, new=new.product))


def _codes(old: Catalogue, new: Catalogue) -> Iterator[Change]:
    before, after = _by_code(old), _by_code(new)
    for code in before.keys() - after.keys():
        yield Change("removed", code, sentence("{code} is removed", code=code))
    for code, (module, error) in after.items():
        if code not in before:
            words = sentence(
                "{code} is added, level {level}: {title}", code=code, level=error.level, title=error.title.en
            )
            yield Change("added", code, words)
            continue
        owner, was = before[code]
        if owner != module:
            yield Change("moved", code, sentence("{code} moves from {old} to {new}", code=code, old=owner, new=module))
        yield from _one(was, error)


def _one(old: ErrorCode, new: ErrorCode) -> Iterator[Change]:
    code = new.code
    if old.level != new.level:
        words = sentence("{code}: level {old}, now {new}", code=code, old=old.level, new=new.level)
        yield Change("level", code, words)
    if old.match != new.match:
        yield Change("pattern", code, sentence("{code}: its patterns change", code=code))
    if old.identity != new.identity:
        words = sentence(
            "{code}: told apart by {new}, not {old}", code=code, new=_list(new.identity), old=_list(old.identity)
        )
        yield Change("identity", code, words)
    if old.clears_by != new.clears_by:
        words = sentence(
            "{code}: cleared by {new}, not {old}", code=code, new=new.clears_by or "-", old=old.clears_by or "-"
        )
        yield Change("clears_by", code, words)
    if (old.title, old.advice) != (new.title, new.advice):
        yield Change("text", code, sentence("{code}: its texts change", code=code))


def _list(names: list[str]) -> str:
    return ", ".join(names) or "-"


def _order(old: Catalogue, new: Catalogue) -> Iterator[Change]:
    """Codes that stand in another order among those that both have: the first one that matches wins."""
    before = [code for code in _by_code(old) if code in _by_code(new)]
    after = [code for code in _by_code(new) if code in before]
    for code in after:
        over = {other for other in after[after.index(code) + 1 :] if before.index(other) < before.index(code)}
        if over:
            words = sentence("{code} stands above {others} now", code=code, others=", ".join(sorted(over)))
            yield Change("order", code, words)


def _samples(old: Catalogue, new: Catalogue) -> Iterator[Change]:
    """Samples of either that get another code."""
    first, second = Codes(old), Codes(new)
    samples = dict.fromkeys(sample for side in (old, new) for _, error in side.codes() for sample in error.samples)
    for sample in samples:
        was, now = first.find(sample), second.find(sample)
        names = [hit.code.error.code if hit is not None else "-" for hit in (was, now)]
        if names[0] != names[1]:
            words = sentence("now {new}, was {old}: {sample}", new=names[1], old=names[0], sample=sample)
            yield Change("sample", names[1], words)


def _by_code(catalogue: Catalogue) -> dict[str, tuple[str, ErrorCode]]:
    return {error.code: (module.code, error) for module, error in catalogue.codes()}
