from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.tutorial.page import read_page
from deploy.tutorial.runner import Runner, StepFailed, run_page


def _run(page: str, step_s: float = 20.0) -> str:
    said: list[str] = []
    run_page(read_page(page), said.append, step_s)
    return "".join(said)


def test_a_page_that_holds(tmp_path: Path) -> None:
    page = f"""\
```yaml file=a/b.txt
hello
```
```console
$ cat a/b.txt
hello
$ pwd > {tmp_path}/where; python -c 'import sys; print(sys.executable)'
...python...
```
```sh background waiter ready=ready
echo $$ > {tmp_path}/pid; echo get ready; echo ready; exec sleep 60
```
```sh
kill -0 $(cat {tmp_path}/pid) && echo alive
```
```output
alive
```
"""
    said = _run(page)
    assert "$ cat a/b.txt\nhello\n" in said
    assert sys.executable.rpartition("/")[0] in said
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)
    assert not Path((tmp_path / "where").read_text().strip()).exists()


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("```sh\nfalse\n```\n", "line 1: exit code 1"),
        ("```sh\nfalse\ntrue\n```\n", "line 1: exit code 1"),
        ("```sh\nfalse | true\n```\n", "line 1: exit code 1"),
        ("```sh\necho $undefined\n```\n", "line 1: exit code"),
        ("words\n```console\n$ echo one\ntwo\n```\n", "line 3: the output lacks `two`"),
        ("```sh\necho a\n```\n```output\nb\n```\n", "line 1: the output lacks `b`"),
        ("```sh background web ready=up\necho there\n```\n", "line 1: web has not said `up`: there"),
        ("```sh\nread line\n```\n", "line 1: exit code 1"),
    ],
)
def test_pages_that_do_not_hold(page: str, said: str) -> None:
    with pytest.raises(StepFailed) as failed:
        _run(page)
    assert str(failed.value).startswith(said)


def test_a_step_that_hangs_is_ended(tmp_path: Path) -> None:
    with pytest.raises(StepFailed) as failed:
        _run(f"```sh\necho $$ > {tmp_path}/pid; exec sleep 60\n```\n", step_s=0.5)
    assert "not done after 0.5 s" in str(failed.value)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_what_was_started_is_ended_when_a_later_step_fails(tmp_path: Path) -> None:
    page = f"```sh background web ready=up\necho $$ > {tmp_path}/pid; echo up; exec sleep 60\n```\n```sh\nfalse\n```\n"
    with pytest.raises(StepFailed):
        _run(page)
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_files_stay_in_the_folder(tmp_path: Path) -> None:
    with Runner(tmp_path, lambda _: None) as runner:
        for step in read_page("```text file=x.txt\na\n```\n"):
            runner.do(step)
    assert (tmp_path / "x.txt").read_text() == "a\n"


@pytest.mark.parametrize(
    ("text", "code"), [("```sh\ntrue\n```\n", 0), ("```sh\nfalse\n```\n", 1), ("```sh x\n```\n", 2)]
)
def test_the_exit_code_tells(tmp_path: Path, text: str, code: int) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    ran = subprocess.run([sys.executable, "-m", "deploy.tutorial", page], capture_output=True, text=True, check=False)
    assert ran.returncode == code
    assert str(page) in ran.stdout + ran.stderr
