from __future__ import annotations

import hashlib
import os
from collections import Counter
from pathlib import Path
from random import Random

from remediation.backup.sampling import file_facts, hash_path, sample_files


def _tree(root: Path, count: int = 10) -> Path:
    for number in range(count):
        path = root / f"{number % 3}" / f"f{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content {number}")
    return root


def test_named_files_come_first_and_once(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    named = str(tree / "0/f3")
    found = sample_files([tree], [], [named], 10, Random(1))
    assert found[0].path == named
    assert len({facts.path for facts in found}) == len(found) == 10
    assert found[0].sha256 == hashlib.sha256(b"content 3").hexdigest() == hash_path(Path(named))


def test_every_file_has_the_same_chance(tmp_path: Path) -> None:
    tree, chance = _tree(tmp_path), Random(1)
    seen = Counter(facts.path for _ in range(300) for facts in sample_files([tree], [], [], 3, chance))
    assert len(seen) == 10
    assert all(50 < count < 140 for count in seen.values())


def test_what_is_left_out_is_not_sampled(tmp_path: Path) -> None:
    tree = _tree(tmp_path)
    found = sample_files([tree], [f"{tree}/0", "*/f4"], [], 99, Random(1))
    assert {facts.path for facts in found} == {f"{tree}/{n % 3}/f{n}" for n in (1, 2, 5, 7, 8)}


def test_links_pipes_and_names_that_are_no_text_are_passed_over(tmp_path: Path) -> None:
    (tmp_path / "real").write_text("x")
    (tmp_path / "link").symlink_to("/etc/passwd")
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / os.fsdecode(b"\xff\xfe")).write_text("x")
    assert [Path(facts.path).name for facts in sample_files([tmp_path], [], [], 99, Random(1))] == ["real"]
    assert file_facts(str(tmp_path / "link")) is None
    assert file_facts(str(tmp_path / "pipe")) is None
    assert file_facts(str(tmp_path / "none")) is None
