"""Unknown errors of a real collector become entries that pass check and test."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from collector.auth import service
from deploy.desk.catalogue_check import check_samples
from tests.fakes.seeded_console import Seeds, add_people, open_store, parts_of, seed_all, serving
from tests.fakes.seeded_unknowns import SEEN, seed_unknowns
from wire.catalogue import read_catalogue

ROOT = Path(__file__).parents[3]
CATALOGUE = """
product: clinic
version: "7"
modules:
  - code: LAB
    name: {en: Laboratory}
    errors:
      - {code: LAB-0041, level: 2, title: {en: x}, match: [{literal: "sample lost"}]}
"""


def test_a_week_of_unknown_errors_becomes_codes(tmp_path: Path) -> None:
    store = open_store(tmp_path / "c.db")
    parts = parts_of(store)
    add_people(parts)
    seeds = Seeds(store)
    seed_all(seeds)
    seed_unknowns(seeds)
    token = service.make_api_token(store, "jh", new_secret=parts.new_secret, now=parts.now())
    known, key, draft = tmp_path / "clinic.yaml", tmp_path / "token", tmp_path / "draft.yaml"
    known.write_text(CATALOGUE)
    key.write_text(f"{token}\n")
    with serving(parts) as url:
        words = ["catalogue", "suggest", str(known), "--url", url, "--token-file", str(key), "-o", str(draft)]
        argv = [sys.executable, "-m", "deploy.desk", *words]
        done = subprocess.run(argv, capture_output=True, text=True, check=False, timeout=50, cwd=ROOT)
    store.close()
    assert done.returncode == 0, done.stderr
    catalogue, _ = read_catalogue(draft.read_bytes())
    errors = catalogue.modules[0].errors
    assert [error.code for error in errors] == [f"LAB-00{number}" for number in range(42, 42 + len(SEEN) - 1)]
    assert check_samples(catalogue) == (len(SEEN) - 1, [])
    assert {error.level for error in errors} == {3}
    assert "Seen 372 times, 3 sites" in draft.read_text()
