from __future__ import annotations

import pytest

from deploy.tutorial.page import PageRefused, Step, first_missing, read_page

PAGE = """\
# First steps

```yaml file=etc/agent.yaml
collector: http://127.0.0.1
```

```console
$ echo one
one
$ printf 'a\\n' && \\
> printf 'b\\n'
a
...
```

Words between.

```sh background web ready=listening on
sleep 60
```

```sh
echo two
```

```output
two
```

```python
this is for reading only
```
"""


def test_a_page_becomes_steps() -> None:
    assert read_page(PAGE) == [
        Step(3, file="etc/agent.yaml", text="collector: http://127.0.0.1\n"),
        Step(8, command="echo one\n", expected=("one",)),
        Step(10, command="printf 'a\\n' && \\\nprintf 'b\\n'\n", expected=("a", "...")),
        Step(18, command="sleep 60\n", background="web", ready="listening on"),
        Step(22, command="echo two\n", expected=("two",)),
    ]


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ("```sh\necho\n", "line 1: the block is not closed"),
        ("```output\na\n```\n", "line 1: output without a command before it"),
        ("```yaml file=a\n```\n```output\na\n```\n", "line 3: output without a command before it"),
        ("```sh\na\n```\n```output\na\n```\n```output\na\n```\n", "line 7: output without a command before it"),
        ("```sh backgruond web\nx\n```\n", "line 1: `backgruond web` is not known here"),
        ("```sh background web\nx\n```\n", "line 1: a background block reads"),
        ("```sh background a-b ready=x\nx\n```\n", "line 1: a background block reads"),
        ("```console\none\n```\n", "line 2: a console block begins with `$ `"),
    ],
)
def test_pages_that_nobody_could_run(page: str, said: str) -> None:
    with pytest.raises(PageRefused) as refused:
        read_page(page)
    assert str(refused.value).startswith(said)


def test_a_longer_fence_may_hold_a_shorter_one() -> None:
    assert read_page("````text\n```sh\nrm\n```\n````\n") == []


@pytest.mark.parametrize(
    ("expected", "output", "missing"),
    [
        ((), "anything", None),
        (("a", "c"), "a\nb\nc\n", None),
        (("c", "a"), "a\nb\nc\n", "a"),
        (("a", "a"), "a\n", "a"),
        (("ticket ... opened",), "ticket 2026-000001 opened\n", None),
        (("ticket ... opened",), "ticket 2026-000001 closed\n", "ticket ... opened"),
        (("...",), "x\n", None),
        (("...",), "", "..."),
        (("a+b",), "aab\n", "a+b"),
        (("  a",), "a  \n", None),
        (("a",), "ab\n", "a"),
    ],
)
def test_what_the_output_lacks(expected: tuple[str, ...], output: str, missing: str | None) -> None:
    assert first_missing(expected, output) == missing
