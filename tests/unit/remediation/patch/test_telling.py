"""What a person reads before signing; foreign texts draw no lines of their own."""

from __future__ import annotations

import msgspec

from remediation.patch.manifest import Correction, DatabaseStep, FileChange, Gate, Manifest, Needs, Service, Undoing
from remediation.patch.telling import FILES, describe, irreversible_steps, view
from tests.fakes.made_patch import a_manifest, sha256
from wire.catalogue.model import Texts

STEP = DatabaseStep(
    name="purge",
    engine="mariadb",
    database="his",
    forward=["DELETE FROM t\nWHERE x"],
    undoing=Undoing.NEVER,
    correction=Correction(table="t", rows_of="SELECT 1", rows_min=1, rows_max=3),
)


def told(manifest: Manifest, *, everything: bool = False) -> str:
    return "\n".join(str(words) for words in describe(manifest, "d" * 64, everything=everything))


def test_all_that_changes_is_named() -> None:
    text = told(
        a_manifest(
            database=[STEP],
            services=[Service(name="a", unit="a.service"), Service(name="b", stop=["/bin/b", "stop"])],
            needs=Needs(downtime_s=30),
            gate=Gate(soak_s=60),
            requires=["his-1.9"],
            conflicts=["his-1.8"],
            fixes=["BIL-1"],
        )
    )
    for words in (
        "1.9 -> 2.0",
        "0 new, 1 changed, 0 go away",
        "~ bin/app",
        "IRREVERSIBLE",
        "1 to 3 rows of t",
        "a.service",
        "/bin/b stop",
        "away for: 30 s",
        "watched:  60 s",
        "his-1.9",
        "his-1.8",
        "BIL-1",
        "CANNOT BE TAKEN BACK: purge",
    ):
        assert words in text
    assert irreversible_steps(a_manifest(database=[STEP])) == ["purge"]


def test_many_files_are_cut_short() -> None:
    files = [FileChange(path=f"f{at:03}", new=sha256(b"")) for at in range(FILES + 5)]
    assert "and 5 more" in told(a_manifest(files=files))
    assert "f024" in told(a_manifest(files=files), everything=True)


def test_statements_stand_on_one_line() -> None:
    assert "DELETE FROM t\\nWHERE x" in told(a_manifest(database=[STEP]), everything=True)
    assert "digest:   FORGED" not in told(a_manifest(title=Texts(en="x\ndigest:   FORGED"))).splitlines()


def test_as_plain_values() -> None:
    found = view(a_manifest(database=[STEP]), "d")
    assert (found["irreversible"], found["digest"]) == (["purge"], "d")
    assert msgspec.convert(found["manifest"], Manifest) == a_manifest(database=[STEP])
