"""What the schema of `probes:` and `bounds:` cannot say: absolute paths, names that stand twice, values that clash."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from agent.settings.probes import BoundsSettings, DatabaseCheck, ProbeSettings
from wire.sentence import Sentence, sentence

KINDS = ("tcp", "web", "postgresql", "mariadb", "redis", "backups", "extensions")
ROOT = Path("/")


def with_paths(probes: ProbeSettings, folder: Path) -> ProbeSettings:
    """The same settings with every path absolute; relative ones start at `folder`."""

    def whole(path: str | None) -> str | None:
        return None if path is None else str(folder / path)

    def databases(checks: list[DatabaseCheck]) -> list[DatabaseCheck]:
        return [replace(check, credentials=whole(check.credentials)) for check in checks]

    return replace(
        probes,
        web=[replace(check, ca_file=whole(check.ca_file)) for check in probes.web],
        postgresql=databases(probes.postgresql),
        mariadb=databases(probes.mariadb),
        redis=databases(probes.redis),
        certificates=replace(probes.certificates, files=[str(folder / path) for path in probes.certificates.files]),
        backups=[replace(check, path=str(folder / check.path)) for check in probes.backups],
    )


def probe_faults(probes: ProbeSettings) -> Iterator[tuple[str, Sentence]]:
    """What is wrong, with the place in the file: (`$.probes.tcp[1].name`, sentence)."""
    for kind in KINDS:
        names = [check.name for check in getattr(probes, kind)]
        for at, name in enumerate(names):
            if name in names[:at]:
                yield f"$.probes.{kind}[{at}].name", sentence("the name {name} stands twice", name=name)
    yield from _web_faults(probes)
    yield from _certificate_faults(probes)


def _web_faults(probes: ProbeSettings) -> Iterator[tuple[str, Sentence]]:
    for at, check in enumerate(probes.web):
        if check.ca_file is not None and not Path(check.ca_file).is_file():
            yield f"$.probes.web[{at}].ca_file", sentence("there is no file {path}", path=check.ca_file)


def _certificate_faults(probes: ProbeSettings) -> Iterator[tuple[str, Sentence]]:
    if probes.certificates.late_days >= probes.certificates.soon_days:
        yield "$.probes.certificates.late_days", sentence("late_days must be below soon_days")
    for at, address in enumerate(probes.certificates.ports):
        if not 0 < int(address.rpartition(":")[2]) <= 65_535:  # noqa: PLR2004  # the highest port
            yield (
                f"$.probes.certificates.ports[{at}]",
                sentence("{address} has no port from 1 to 65535", address=address),
            )


def bounds_faults(bounds: BoundsSettings) -> Iterator[tuple[str, Sentence]]:
    """What is wrong with the bounds of the vendor's version probes."""
    for at, root in enumerate(bounds.roots):
        path = Path(root)
        if not path.is_absolute() or path == ROOT or ".." in path.parts:
            yield (
                f"$.bounds.roots[{at}]",
                sentence("a root is an absolute path of a folder, and not / itself"),
            )
