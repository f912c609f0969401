from __future__ import annotations

import io
from pathlib import Path

import pytest

from collector.settings.reading import load_settings
from terminal import CommandRefused, Terminal


def test_paths_start_at_the_folder_of_the_file(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("state: data\nexchange: {port: 1, certificate: c.pem, key: /etc/k.pem}\n")
    settings = load_settings(path, Terminal())
    assert settings.state == str(tmp_path / "data")
    assert (settings.exchange.certificate, settings.exchange.key) == (str(tmp_path / "c.pem"), "/etc/k.pem")
    assert settings.console.certificate is None, "no certificate stays none"


def test_paths_of_mail_and_messages_too(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    mail = "mail: {host: m.example, sender: d@v.example, ca: ca.pem, password_file: secret}\n"
    path.write_text(mail + "messages: {ca: own.pem}\n")
    settings = load_settings(path, Terminal())
    assert settings.mail is not None
    assert (settings.mail.ca, settings.mail.password_file) == (str(tmp_path / "ca.pem"), str(tmp_path / "secret"))
    assert settings.messages.ca == str(tmp_path / "own.pem")
    path.write_text("state: data\n")
    assert load_settings(path, Terminal()).mail is None


def test_each_fault_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("state: data\nexchange: {port: 99999}\n")
    err = io.StringIO()
    with pytest.raises(CommandRefused, match="not usable"):
        load_settings(path, Terminal(err=err))
    assert f"{path}:2:18: " in err.getvalue()


@pytest.mark.parametrize(("make", "words"), [(lambda _: None, "No such file"), (Path.mkdir, "Is a directory")])
def test_a_file_that_cannot_be_read(make: object, words: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    make(path)  # type: ignore[operator]
    with pytest.raises(CommandRefused, match=words):
        load_settings(path, Terminal())
