from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remediation.patch.errors import PatchRefused
from remediation.patch.journal import Journal, JournalDamaged, Record, read_records, record_line
from remediation.patch.state import PatchState
from tests.fakes.patched_site import NOW

STATES = [PatchState.PLANNED, PatchState.STAGING, PatchState.STAGED]
CONTENT = b"".join(
    record_line(Record(n=n, at=NOW, state=state, body={"why": "\n 한 \x00"})) for n, state in enumerate(STATES, 1)
)
ENDS = [len(b"".join(CONTENT.splitlines(keepends=True)[:count])) for count in range(4)]


def opened(path: Path) -> Journal:
    return Journal(path, lambda: NOW)


def test_what_was_entered_is_there_after_opening_again(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    assert journal.state is None
    for state in STATES:
        journal.enter(state, {"why": state.value})
    journal.close()
    again = opened(tmp_path / "j")
    assert [record.state for record in again.records] == STATES
    found = again.find(PatchState.STAGING)
    assert found is not None
    assert found.body == {"why": "staging"}
    again.close()


def test_only_one_writes(tmp_path: Path) -> None:
    journal = opened(tmp_path / "j")
    with pytest.raises(PatchRefused):
        opened(tmp_path / "j")
    journal.close()
    opened(tmp_path / "j").close()


@pytest.mark.parametrize("size", range(len(CONTENT) + 1))
def test_cut_anywhere_the_whole_records_count_and_writing_goes_on(tmp_path: Path, size: int) -> None:
    path = tmp_path / "j"
    path.write_bytes(CONTENT[:size])
    journal = opened(path)
    whole = max(count for count in range(4) if ENDS[count] <= size)
    assert [record.state for record in journal.records] == STATES[:whole]
    journal.enter(PatchState.ABANDONED)
    journal.close()
    records, _ = read_records(path.read_bytes())
    assert [record.state for record in records] == [*STATES[:whole], PatchState.ABANDONED]


@pytest.mark.parametrize("at", range(ENDS[2]))
def test_damage_that_is_no_torn_end_is_refused(at: int) -> None:
    broken = bytearray(CONTENT)
    broken[at] ^= 0x01
    with pytest.raises(JournalDamaged):
        read_records(bytes(broken))


@given(st.binary(max_size=300))
def test_rubbish_is_read_as_nothing_or_refused(raw: bytes) -> None:
    try:
        records, whole = read_records(raw)
    except JournalDamaged:
        return
    assert records == []
    assert whole == 0


def test_a_link_in_its_place_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "j").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(OSError, match="symbolic links"):
        opened(tmp_path / "j")
