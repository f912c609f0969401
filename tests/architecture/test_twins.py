"""Every source file has its test file, at the same path below tests/unit (or another kind), or a reason here."""

from __future__ import annotations

from fnmatch import fnmatch
from pathlib import Path

KINDS = ("unit", "integration", "property", "conformance", "crash", "e2e")
PACKAGES = ("wire", "terminal", "remediation", "agent", "collector", "deploy")

# pattern -> why there is no tests/unit/.../test_<file>.py, and where it is tested instead
WITHOUT_TWIN = {
    "*/__init__.py": "says what a package gives, decides nothing",
    "*/__main__.py": "the door of a program: the end-to-end tests go through it",
    "*/app.py": "wires real clock, disk and network together: the end-to-end tests run it",
    "*/commands/*.py": "one command each, run by tests/integration and tests/e2e as a person runs it",
    "*/port.py": "a protocol without code: the suites in tests/conformance hold both sides to it",
    "*/repository.py": "SQL only: tests/integration runs it on a real database",
    "*/endpoints.py": "HTTP only: tests/integration calls it as a browser does",
    "*/model.py": "types without rules; what has a rule has a twin",
    "*/errors.py": "names only",
    "wire/fields.py": "types only; the golden files of tests/wire hold the records made of them",
    "wire/yaml_nodes.py": "read through yaml_text.py, whose twin holds it",
    "wire/proofs.py": "types only; the golden files of tests/wire hold them",
    "wire/limits.py": "numbers; the edges are tested where they hold",
    "remediation/executor/questions.py": "shapes without rules: those of requests.py and client.py hold them",
    "remediation/backup/engines/archive/checking.py": "a part of the archive: tests/conformance/remediation/backup",
    "remediation/backup/engines/archive/engine.py": "the same",
    "remediation/backup/engines/archive/forgetting.py": "the same",
    "remediation/backup/engines/archive/leases.py": "the same",
    "remediation/backup/engines/archive/listing.py": "the same",
    "remediation/backup/engines/archive/loading.py": "the same",
    "remediation/backup/engines/archive/objects.py": "the same",
    "remediation/backup/engines/archive/packs.py": "the same",
    "remediation/backup/engines/archive/pipeline.py": "the same",
    "remediation/backup/engines/archive/placing.py": "the same",
    "remediation/backup/engines/archive/restoring.py": "the same",
    "remediation/backup/engines/archive/saving.py": "the same",
    "remediation/backup/engines/restic/calling.py": "the same suite, and restic/test_locks.py",
    "remediation/backup/engines/restic/engine.py": "the same suite",
    "remediation/backup/engines/targets/s3.py": "tests/conformance/remediation/backup/test_targets.py",
    "remediation/backup/engines/targets/sftp.py": "the same",
    "remediation/backup/scratch/mariadb.py": "tests/integration/remediation/backup/sources loads what it saves",
    "remediation/backup/scratch/postgresql.py": "the same",
    "remediation/backup/scratch/redis_server.py": "the same",
    "remediation/backup/scratch/sqlite.py": "the same",
    "remediation/backup/sources/kept_cluster.py": "a part of postgresql_cluster.py",
    "remediation/backup/sources/postgresql_cluster.py": "its reader's: scratch/test_postgresql_moment.py",
    "collector/store/migrations/*": "run on real databases by tests/integration",
    "collector/store/tables/*": "the schema: created and migrated by tests/integration",
    "collector/tickets/desk/stored.py": "tests/conformance/test_books.py holds it to the books in memory",
    "collector/tickets/desk/kept.py": "a part of stored.py",
    "collector/fleet/persons.py": "reads catalogues for whoever acts: every test of a person's act uses it",
    "collector/lab/past.py": "tests/integration/collector/lab/test_runs.py holds it to what ingest did",
    "collector/replay/past.py": "types without rules",
    "collector/tickets/holds/view.py": "JSON shapes: tests/integration reads them by command and API",
    "collector/tickets/problems/known.py": "tests/integration/collector/tickets/problems/test_service.py",
    "collector/tickets/ticket_course.py": "a part of policy.py",
    "collector/tickets/desk/person.py": "a transaction around the desk: every test of a person's act uses it",
    "collector/console/*": "pages: tests/integration reads them, tests/e2e looks at them in a browser",
    "collector/parts.py": "a bag of parts without code",
    "deploy/demo/*": "is a test itself: make demo CHECK=1",
    "deploy/build_locale.py": "run by every build; tests/architecture/test_messages.py compiles with it",
    "deploy/messages.py": "tests/architecture/test_messages.py",
    "collector/backups/reading.py": "tests/e2e/console/test_backups.py reads a seeded site through the pages",
    "collector/backups/view.py": "tests/e2e/test_backup_tickets.py asks the interface for programs",
}
# test -> what it tries, which is no source file of that name
WITHOUT_SOURCE = {
    "tests/unit/deploy/agent/test_units.py": "the unit files in units/",
    "tests/unit/collector/console/test_tokens.py": "the colours and sizes of static/tokens.css",
}


def _has_reason(name: str) -> bool:
    return any(fnmatch(name, pattern) for pattern in WITHOUT_TWIN)


def _without_twin(root: Path) -> list[str]:
    sources = [path.relative_to(root) for package in PACKAGES for path in sorted((root / package).rglob("*.py"))]
    return [
        source.as_posix()
        for source in sources
        if not any((root / "tests" / kind / source.parent / f"test_{source.name}").exists() for kind in KINDS)
    ]


def _source_of(root: Path, test: Path) -> Path:
    return root / test.relative_to(root / "tests/unit").parent / test.name.removeprefix("test_")


def test_every_source_has_its_test(repository: Path) -> None:
    assert [name for name in _without_twin(repository) if not _has_reason(name)] == []


def test_every_unit_test_has_its_source(repository: Path) -> None:
    """Tests of a folder that holds no code (catalogues) are named for what they try."""
    tests = sorted((repository / "tests/unit").rglob("test_*.py"))
    assert tests
    lost = [
        test.relative_to(repository).as_posix()
        for test in tests
        if not (source := _source_of(repository, test)).exists() and list(source.parent.glob("*.py"))
    ]
    assert [name for name in lost if name not in WITHOUT_SOURCE] == []


def test_a_file_without_a_test_is_found(tmp_path: Path) -> None:
    (tmp_path / "wire").mkdir()
    (tmp_path / "wire/lonely.py").touch()
    assert _without_twin(tmp_path) == ["wire/lonely.py"]
    assert not _has_reason("wire/lonely.py")
