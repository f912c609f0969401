"""Every way through an attempt: to the end, back from each step, and on from each record after a crash."""

from __future__ import annotations

import contextlib
import shutil
from pathlib import Path
from typing import Any

import pytest

from remediation.patch.errors import PatchRefused, StepFailed
from remediation.patch.manifest import DatabaseStep, Layout, Undoing
from remediation.patch.state import PatchState
from tests.fakes.patched_site import NEW, OLD, PatchedSite
from wire.sentence import sentence

FORWARD = [
    "planned", "staging", "staged", "backed_up", "quiesced", "db_snapped", "migrated", "switched", "started",
    "committed", "clean",
]  # fmt: skip
STEP = DatabaseStep(
    name="one", engine="sqlite", database="app", forward=["SELECT 1"], backward=["SELECT 1"], undoing=Undoing.BACKWARD
)


@pytest.fixture(params=list(Layout), ids=lambda layout: layout.value)
def site(request: pytest.FixtureRequest, tmp_path: Path) -> PatchedSite:
    return PatchedSite(tmp_path, request.param, database=[STEP]).make()


def test_it_is_applied(site: PatchedSite) -> None:
    assert site.apply() is PatchState.CLEAN
    assert site.states() == FORWARD
    assert site.version() == "new"
    assert site.content()["bin/app"] == (0o755, NEW["bin/app"])
    assert site.running() == {"app", "worker"}
    assert site.services.calls == ["stop app", "stop worker", "start worker", "start app"]
    assert site.databases.calls == ["save", "forward"]


def test_a_host_that_is_not_ready_is_told_before_anything_is_begun(site: PatchedSite) -> None:
    site.databases.fails = "check"
    with pytest.raises(PatchRefused, match="does not answer"):
        site.apply()
    assert (site.states(), site.version(), site.services.calls, site.databases.calls) == ([], "old", [], [])


def test_what_stood_still_before_is_not_started(site: PatchedSite) -> None:
    (site.services.folder / "worker").unlink()
    site.apply()
    assert site.running() == {"app"}
    assert "start worker" not in site.services.calls


def test_applied_and_taken_back_it_is_bit_for_bit_as_before(site: PatchedSite) -> None:
    before = site.content()
    site.apply()
    assert site.take_back() is PatchState.ROLLED_BACK
    assert site.version() == "old"
    assert site.content() == before, "modes too"
    assert site.running() == {"app", "worker"}
    assert site.databases.calls == ["save", "forward", "backward"]


def failing(site: PatchedSite, where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let exactly this step fail."""

    def fail(*_: Any, **__: Any) -> None:
        raise StepFailed(sentence("it fails"))

    if where == "quiesced":
        site.databases.fails = "save"
    elif where == "db_snapped":
        site.databases.fails = "forward"
    elif where == "staged":
        site.may_stop = sentence("the window is over")
    elif where == "started":
        site.judge.wrong = ("404",)
    elif where == "switched":
        site.services.broken = frozenset({"app"})
    else:
        method = {"staging": "stage", "migrated": "switch"}[where]
        for layout in ("releases.Releases", "in_place.InPlace"):
            monkeypatch.setattr(f"remediation.patch.layouts.{layout}.{method}", fail)


@pytest.mark.parametrize(
    ("where", "end"),
    [
        ("staging", "abandoned"),
        ("staged", "abandoned"),
        ("quiesced", "rolled_back"),
        ("db_snapped", "rolled_back"),
        ("migrated", "rolled_back"),
        ("started", "rolled_back"),
    ],
)
def test_back_from_each_step(site: PatchedSite, where: str, end: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = site.content()
    failing(site, where, monkeypatch)
    assert site.apply().value == end
    assert site.version() == "old"
    assert site.content() == before
    assert site.running() == {"app", "worker"}
    assert site.states()[: FORWARD.index(where) + 1] == FORWARD[: FORWARD.index(where) + 1]


def test_what_will_not_start_even_at_the_old_version_is_given_up_and_can_be_tried_again(
    site: PatchedSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(site, "switched", monkeypatch)
    assert site.apply() is PatchState.ROLLBACK_FAILED
    assert site.states().count("rolling_back") == 3
    assert site.version() == "old"
    site.services.broken = frozenset()
    assert site.take_back() is PatchState.ROLLED_BACK
    assert site.running() == {"app", "worker"}


def test_a_service_that_does_not_stop_leaves_everything_as_it_is(site: PatchedSite) -> None:
    site.services.stubborn = frozenset({"worker"})
    assert site.apply() is PatchState.ROLLBACK_FAILED
    assert site.version() == "old"
    site.services.stubborn = frozenset()
    assert site.take_back() is PatchState.ROLLED_BACK
    assert site.running() == {"app", "worker"}


@pytest.mark.parametrize("count", range(1, len(FORWARD) + 1))
@pytest.mark.parametrize("is_step_done", [True, False])
def test_on_from_each_record(site: PatchedSite, tmp_path: Path, count: int, is_step_done: bool) -> None:
    """The journal ends at a record; the step it announces was done, or was not begun."""
    whole = tmp_path / "whole"
    whole.mkdir()
    done = PatchedSite(whole, site.layout, database=[STEP]).make()
    with done.course() as course:
        entered = 0
        real = course._journal.enter

        def enter(state: PatchState, body: Any = None) -> Any:
            nonlocal entered
            if entered == count:
                raise KeyboardInterrupt
            entered += 1
            record = real(state, body)
            if entered == count and not is_step_done:
                raise KeyboardInterrupt
            return record

        course._journal.enter = enter  # type: ignore[method-assign]
        with contextlib.suppress(KeyboardInterrupt):
            course.apply()
    assert done.states() == FORWARD[:count]
    state = done.recover()
    expected = "new" if count >= FORWARD.index("committed") + 1 else "old"
    assert done.version() == expected, done.states()
    assert done.running() == {"app", "worker"}
    assert (state is None) == (count == len(FORWARD))
    assert done.recover() is None, "nothing is left to do"
    shutil.rmtree(whole)


def test_drift_is_refused_and_shown(site: PatchedSite) -> None:
    home = site.root / "releases" / "old" if site.layout is Layout.RELEASES else site.root
    expected = site.manifest.from_tree
    (home / "etc/app.conf").write_bytes(b"port 7 # changed by the customer\n")
    site._fields["from_tree"] = expected
    with pytest.raises(PatchRefused, match="not those that this patch is for"):
        site.apply()
    assert site.states() == []
    assert site.running() == {"app", "worker"}


def test_a_file_that_changes_after_it_was_staged_is_not_overwritten(tmp_path: Path) -> None:
    site = PatchedSite(tmp_path, Layout.IN_PLACE).make()
    stop = site.services.stop

    def meddle(service: Any) -> None:
        stop(service)
        (site.root / "etc/app.conf").write_bytes(b"port 9\n")

    site.services.stop = meddle  # type: ignore[method-assign]
    site.apply()
    assert site.states()[-1] == "rolled_back"
    assert (site.root / "etc/app.conf").read_bytes() == b"port 9\n"
    assert (site.root / "bin/app").read_bytes() == OLD["bin/app"]


def test_an_attempt_is_made_once(site: PatchedSite) -> None:
    site.apply()
    with pytest.raises(PatchRefused):
        site.apply()


def test_what_was_written_since_is_lost_only_if_somebody_says_so(tmp_path: Path) -> None:
    step = DatabaseStep(name="one", engine="sqlite", database="app", forward=["SELECT 1"], undoing=Undoing.SNAPSHOT)
    site = PatchedSite(tmp_path, Layout.RELEASES, database=[step]).make()
    site.apply()
    with pytest.raises(PatchRefused, match="since would be lost"):
        site.take_back()
    assert (site.states()[-1], site.version()) == ("clean", "new")
    with site.course() as course:
        assert course.take_back(sentence("it has to be"), may_lose_writes=True) is PatchState.ROLLED_BACK
    assert site.version() == "old"
