"""What stands in no tracked file: addresses of package registries, and paths of somebody's machine."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

# Put together from pieces, so that this file does not hold them either.
FORBIDDEN = re.compile(
    "|".join(
        [
            "py" + r"pi\.(org|python\.org)",
            "files" + r"\.python" + r"hosted\.org",
            "registry" + r"\.npm" + "js",
            "index" + "-url" + r"\s*=",
            "/" + r"root/",
            "/" + r"work/",
            "/" + r"tmp/[a-z]+_jobs",
        ]
    )
)
BINARY = {".png", ".ico", ".woff2", ".ttf", ".gz", ".zst", ".jpg"}


def _found(text: str) -> list[str]:
    return [match.group() for match in FORBIDDEN.finditer(text)]


def test_tracked_files_name_no_registry_and_no_machine(repository: Path) -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=repository, capture_output=True, check=True).stdout
    names = [name for name in listing.decode().split("\0") if name]
    assert len(names) > 50
    found = {
        name: words
        for name in names
        if (path := repository / name).is_file() and path.suffix not in BINARY
        if (words := _found(path.read_text(errors="replace")))
    }
    assert found == {}


@pytest.mark.parametrize("text", ["https://py" + "pi.org/simple", "/ro" + "ot/.cache", "/wo" + "rk/main"])
def test_they_would_be_found(text: str) -> None:
    assert _found(text)


@pytest.mark.parametrize("text", ["/var/log/clinic/app.log", "/home/kim/x", "chroot/", "/homework", "network/x"])
def test_ordinary_paths_are_not(text: str) -> None:
    assert _found(text) == []
