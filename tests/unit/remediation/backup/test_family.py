from __future__ import annotations

import os
import subprocess

from remediation.backup.family import family_of


def test_children_and_their_children_belong_to_it() -> None:
    text = "sleep 60 & setsid sleep 60 & echo $! $$; exec sleep 60"
    with subprocess.Popen(["sh", "-c", text], stdout=subprocess.PIPE, start_new_session=True) as child:
        assert child.stdout is not None
        other, leader = map(int, child.stdout.readline().split())
        family = family_of({leader})
        assert {other, leader} <= family
        assert os.getpid() not in family_of({os.getpid()})
        assert other in family_of({os.getpid()})
        for pid in family:
            os.kill(pid, 9)


def test_somebody_unknown_has_no_family() -> None:
    assert family_of({2**22 + 1}) == set()
