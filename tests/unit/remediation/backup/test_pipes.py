from __future__ import annotations

import subprocess

from remediation.backup.pipes import COMPLAINT_BYTES, Pipes


def ended(text: str, feed: list[bytes] | None = None, seconds: float = 20) -> tuple[bytes, bytes, bool]:
    everything = subprocess.PIPE
    with subprocess.Popen(
        ["sh", "-c", text], stdin=everything, stdout=everything, stderr=everything, bufsize=0
    ) as child:
        pipes = Pipes(child.pid, (child.stdin, child.stdout, child.stderr), iter(feed or []))
        pieces, output = pipes.until_end(lambda: seconds), b""
        try:
            while True:
                output += next(pieces)
        except StopIteration as end:
            return output, bytes(pipes.complaint), end.value
        finally:
            child.kill()
            pipes.close()


def test_both_ends_at_the_same_time() -> None:
    assert ended("tee /dev/stderr | wc -c", [b"x" * 300_000] * 10)[0] == b"3000000\n"


def test_of_a_long_complaint_the_end_is_kept() -> None:
    _, complaint, is_timeout = ended("head -c 1000000 /dev/zero >&2; echo last >&2")
    assert (len(complaint), complaint[-5:], is_timeout) == (COMPLAINT_BYTES, b"last\n", False)


def test_no_time_is_left() -> None:
    assert ended("sleep 60", seconds=0)[2]
