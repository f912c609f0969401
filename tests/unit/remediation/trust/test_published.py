"""Strict names, and a fetcher that gives nothing else."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from remediation.trust.published import NotThere, Unfetched, blob_name, folder_fetcher, is_published_name

SHA = "ab" * 32


@pytest.mark.parametrize(
    "name",
    [
        "metadata/1.root.json",
        "metadata/timestamp.json",
        "metadata/bundle.json",
        "metadata/12.product-his.json",
        f"targets/{SHA}.catalogue.yaml",
    ],
)
def test_published_names(name: str) -> None:
    assert is_published_name(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "metadata",
        "metadata/",
        "metadata/../receipt-key.pem",
        "metadata/1.root.json\n",
        "metadata/0.root.json",
        "metadata/root.json",
        "metadata/1.Root.json",
        "metadata/1.a/b.json",
        "metadata/1.%2e%2e.json",
        "metadata/1..json",
        "metadata//1.root.json",
        "/metadata/1.root.json",
        "targets/1.root.json",
        f"targets/{SHA}",
        f"targets/{SHA}.",
        f"targets/{SHA}..",
        f"targets/{SHA}.a/b",
        f"targets/{SHA.upper()}.a",
        f"targets/x/{SHA}.a",
        f"other/{SHA}.a",
        "metadata/1.root.json\0",
    ],
)
def test_other_names(name: str, tmp_path: Path) -> None:
    assert not is_published_name(name)
    with pytest.raises(NotThere):
        folder_fetcher(tmp_path)(name, 10)


def test_a_file_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    (tmp_path / "metadata/1.root.json").write_bytes(b"12345")
    fetch = folder_fetcher(tmp_path)
    assert fetch("metadata/1.root.json", 5) == b"12345"
    with pytest.raises(Unfetched):
        fetch("metadata/1.root.json", 4)
    with pytest.raises(NotThere):
        fetch("metadata/2.root.json", 4)


def test_no_link_is_followed_and_nothing_is_waited_for(tmp_path: Path) -> None:
    (tmp_path / "metadata").mkdir()
    (tmp_path / "secret").write_text("x")
    (tmp_path / "metadata/1.root.json").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "metadata/2.root.json")
    (tmp_path / "metadata/3.root.json").mkdir()
    fetch = folder_fetcher(tmp_path)
    with pytest.raises(Unfetched):
        fetch("metadata/1.root.json", 10)
    for name in ("metadata/2.root.json", "metadata/3.root.json"):
        with pytest.raises(OSError, match=r".*"):
            fetch(name, 10)


def test_the_name_of_a_target() -> None:
    assert blob_name("his/catalogue.yaml", SHA) == f"{SHA}.catalogue.yaml"
    assert blob_name("roster.yaml", SHA) == f"{SHA}.roster.yaml"
