from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from remediation.backup.keys.sheet import Sheet, as_html, as_text, head_text, read_sheet, steps
from remediation.backup.keys.spelling import Misspelt, spell_key

PIN = "ssh-ed25519 AAAAC3Nz/+="
SHEET = Sheet("seoul", "app-1", "sftp://box@nas/backup", "archive", bytes(range(32)), "2026-11-24", "/etc/key", PIN)


def test_the_head_is_read_back() -> None:
    assert read_sheet(head_text(SHEET)) == SHEET
    assert read_sheet(as_text(SHEET, [str, str])) == SHEET
    assert read_sheet(head_text(SHEET).upper().replace("KEY ", "key ").replace("SFTP", "sftp").lower()).key == SHEET.key


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("target", "tarqet", "target"),
        ("key 3  :", "", "key 3"),
        ("000G", "000H", "line 1"),
    ],
)
def test_what_is_missing_or_slipped_is_said(old: str, new: str, words: str) -> None:
    with pytest.raises(Misspelt, match=words):
        read_sheet(head_text(SHEET).replace(old, new))


def test_a_name_of_another_key_is_noticed() -> None:
    other = replace(SHEET, key=bytes(32))
    text = head_text(SHEET)
    for old, new in zip(spell_key(SHEET.key).splitlines(), spell_key(other.key).splitlines(), strict=True):
        text = text.replace(old, new)
    with pytest.raises(Misspelt, match="do not belong together"):
        read_sheet(text)


def test_steps_name_the_login_and_restic_where_they_matter() -> None:
    assert any("/etc/key" in str(step) for step in steps(SHEET))
    assert not any("restic" in str(step) for step in steps(SHEET))
    assert any("restic" in str(step) for step in steps(replace(SHEET, engine="restic", login="")))
    assert any("pinned" in str(step) for step in steps(SHEET))
    assert not any("pinned" in str(step) for step in steps(replace(SHEET, pinned="")))


def test_the_page_stands_alone_and_escapes() -> None:
    page = as_html(replace(SHEET, site="<b>"), [str])
    assert "&lt;b&gt;" in page
    assert "http" not in page.replace("https", "http").replace("sftp", "")


@pytest.mark.parametrize("language", ["ko", "zh_Hans"])
def test_each_step_is_translated(language: str, repository: Path) -> None:
    with (repository / f"agent/locale/{language}/LC_MESSAGES/sitewarden.po").open("rb") as file:
        known = {str(message.id): str(message.string) for message in read_po(file) if message.id}
    for step in [*steps(SHEET), *steps(replace(SHEET, engine="restic"))]:
        assert step.translated(known.get) != str(step)
