from __future__ import annotations

from pathlib import Path

import pytest

from remediation.executor.patches.jobs import JOB, JOURNAL, Jobs, JobUnknown
from remediation.patch.errors import PatchRefused
from tests.fakes.patched_host import PatchedHost


@pytest.fixture
def host(tmp_path: Path) -> PatchedHost:
    made = PatchedHost(tmp_path)
    made.ask()
    return made


def test_a_job_is_kept_whole_and_for_its_owner_alone(host: PatchedHost) -> None:
    (job,) = Jobs(host.folder).all()
    assert job.digest == host.started[-1]
    assert job.read_manifest() == host.manifest
    home = host.jobs.home(job.digest)
    assert {path.stat().st_mode & 0o077 for path in (home, home / JOB, home / "kept")} == {0}
    with pytest.raises(FileExistsError):
        host.jobs.add(job)


def test_an_attempt_goes_from_accepted_to_its_end_and_stays_in_the_history(host: PatchedHost) -> None:
    (attempt,) = host.jobs.attempts()
    assert (attempt.state, attempt.is_over, attempt.is_installed) == (None, False, False)
    host.go()
    (attempt,) = host.jobs.attempts()
    assert (attempt.state, attempt.is_over, attempt.is_installed, attempt.reason) == ("clean", True, True, "")
    assert attempt.digest == host.digest


def test_a_damaged_journal_is_no_end(host: PatchedHost) -> None:
    host.go()
    (job,) = host.jobs.all()
    path = host.jobs.home(job.digest) / JOURNAL
    path.write_bytes(b"x" + path.read_bytes()[1:])
    (host.jobs.home(job.digest) / "result.json").unlink()
    (attempt,) = host.jobs.attempts()
    assert (attempt.state, attempt.is_over) == (None, False)


def test_what_is_not_there_is_unknown_and_a_half_made_folder_is_passed_over(host: PatchedHost) -> None:
    with pytest.raises(JobUnknown):
        host.jobs.find("0" * 64)
    host.jobs.home("1" * 64).mkdir()
    assert len(host.jobs.all()) == 1
    (job,) = host.jobs.all()
    (host.jobs.home(job.digest)).rename(host.jobs.home("2" * 64))
    with pytest.raises(JobUnknown):
        host.jobs.find("2" * 64)


def test_one_holder_of_the_lock(tmp_path: Path) -> None:
    jobs = Jobs(tmp_path)
    with jobs.locked(), pytest.raises(PatchRefused), jobs.locked():
        pass
    with jobs.locked():
        pass
