from __future__ import annotations

import subprocess
import sys
from importlib import invalidate_caches
from pathlib import Path
from typing import get_args

import pytest

from agent.health.table import DEFAULTS, ExtensionRefused, load_extension, make_probes
from agent.settings.model import Settings
from agent.settings.probes import (
    BackupCheck,
    CertificateChecks,
    DatabaseCheck,
    Default,
    Extension,
    ProbeSettings,
    TcpCheck,
    WebCheck,
)
from tests.builders import NOW
from tests.fakes.probes import Bare, readings


def settings(**probes: object) -> Settings:
    return Settings(collector="http://127.0.0.1", probes=ProbeSettings(**probes))  # type: ignore[arg-type]


def names(**probes: object) -> set[str]:
    made, problems = make_probes(settings(**probes), Bare())
    assert problems == []
    assert len({probe.name for probe in made}) == len(made)
    return {probe.name for probe in made}


def test_the_table_is_what_the_settings_can_switch_off() -> None:
    assert set(get_args(Default)) == set(DEFAULTS)
    assert names() == set(DEFAULTS)
    assert names(off=["swap", "ports"]) == set(DEFAULTS) - {"swap", "ports"}
    for name, make in DEFAULTS.items():
        assert make(settings(), Bare()).name == name


def test_each_configured_check_is_a_probe() -> None:
    database = [DatabaseCheck(name="his")]
    found = names(
        off=list(DEFAULTS),
        tcp=[TcpCheck(name="his", port=1)],
        web=[WebCheck(name="his", url="http://127.0.0.1/")],
        postgresql=database,
        mariadb=database,
        redis=database,
        certificates=CertificateChecks(files=["/c.pem"], ports=["h:443"]),
        backups=[BackupCheck(name="his", path="/b/*")],
    )
    kinds = {"tcp his", "web his", "postgresql his", "mariadb his", "redis his", "backup his"}
    assert found == kinds | {"certificate /c.pem", "certificate h:443"}


def test_drivers_are_loaded_only_where_a_database_is_configured() -> None:
    code = (
        "import sys; from agent.health.table import make_probes; from agent.settings.model import Settings\n"
        "from tests.fakes.probes import Bare\n"
        "make_probes(Settings(collector='http://127.0.0.1'), Bare())\n"
        "assert not {'pg8000', 'pymysql', 'redis'} & set(sys.modules)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[4])


def example(repository: Path) -> tuple[str, str]:
    """The two files of docs/probes.md, word for word."""
    text = (repository / "docs/probes.md").read_text()
    blocks = [block.partition("\n") for block in text.split("```")[1::2]]
    python = next(body for kind, _, body in blocks if kind == "python" and "class Freezer" in body)
    toml = next(body for kind, _, body in blocks if kind == "toml")
    return python, toml


def install(repository: Path, folder: Path) -> None:
    """What an installer leaves: the module, and a distribution's folder with its entry points."""
    python, toml = example(repository)
    (folder / "clinic_freezer.py").write_text(python)
    made = folder / "clinic_freezer-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: clinic-freezer\nVersion: 1.0\n")
    line = next(line for line in toml.splitlines() if line.startswith("freezer"))
    name, _, place = line.partition(" = ")
    (made / "entry_points.txt").write_text(
        f"[sitewarden.probes]\n{name} = {place.strip(chr(34))}\nbroken = nowhere:Thing\n"
    )


def test_the_documented_probe_from_another_package_works(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    install(repository, tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    invalidate_caches()
    sensor = tmp_path / "sensor"
    wanted = Extension(name="blood bank", probe="freezer", options={"file": str(sensor), "warmest": "-18"})
    probe = load_extension(wanted)
    assert probe.name == "extension blood bank"
    for degrees, is_bad in (("-20.5", False), ("-12", True)):
        sensor.write_text(degrees)
        (found,) = readings(probe, NOW)
        assert found.bounds is not None
        assert (found.code, found.value >= found.bounds.raise_at) == ("HOST-EXT-0002", is_bad)
    with pytest.raises(ExtensionRefused, match="cannot be used: ValueError"):
        load_extension(Extension(name="x", probe="freezer", options={"warmest": "cold"}))
    with pytest.raises(ExtensionRefused, match="cannot be used: ModuleNotFoundError"):
        load_extension(Extension(name="x", probe="broken"))


def test_one_that_is_not_there_costs_itself_alone() -> None:
    made, problems = make_probes(settings(extensions=[Extension(name="x", probe="nowhere")]), Bare())
    assert len(made) == len(DEFAULTS)
    assert "no installed package offers the probe nowhere" in str(problems[0])


def test_one_that_takes_the_name_of_another_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "liar.py").write_text("class Liar:\n    name = 'ports'\n    def __init__(self, **_): pass\n")
    made = tmp_path / "liar-1.0.dist-info"
    made.mkdir()
    (made / "METADATA").write_text("Metadata-Version: 2.1\nName: liar\nVersion: 1.0\n")
    (made / "entry_points.txt").write_text("[sitewarden.probes]\nliar = liar:Liar\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    invalidate_caches()
    with pytest.raises(ExtensionRefused, match="calls itself 'ports'"):
        load_extension(Extension(name="x", probe="liar"))
