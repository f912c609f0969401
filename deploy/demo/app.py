"""The demo as a whole: folder, signals, what a visitor reads, and the end of everything."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from deploy.demo.arguments import check_arguments
from deploy.demo.authority import LOOPBACK
from deploy.demo.check import plan
from deploy.demo.check.run import check, prove
from deploy.demo.children import ChildFailed
from deploy.demo.interrupts import INTERRUPTS
from deploy.demo.layout import Folders
from deploy.demo.programs import CommandFailed
from deploy.demo.sites import SITES, Site
from deploy.demo.stage import Followed, Stage
from terminal import Exit, Terminal
from wire.sentence import sentence

LOOK_S = 0.5
YOURS = Site("your-site", "Your own log", "You", "UTC", "en")


def run_demo(arguments: argparse.Namespace, terminal: Terminal) -> int:
    """Check the arguments, start, wait or check, and end everything that was started."""
    followed = check_arguments(arguments, terminal)
    root = Path(tempfile.mkdtemp(prefix="sitewarden-demo-"))
    terminal.say(sentence("the demo's folder is {path}", path=root))
    sites = SITES if followed is None else (YOURS,)
    stage = Stage(
        Folders(root), sites, terminal.say, datetime.now(UTC), followed=followed, with_proxy=bool(arguments.check)
    )
    keep = arguments.keep
    try:
        INTERRUPTS.listen()
        code = _perform(stage, arguments, terminal)
    except KeyboardInterrupt:
        code = Exit.INTERRUPTED if arguments.check else Exit.DONE
    except ChildFailed as failure:
        terminal.warn(sentence("{failure}; it said last:", failure=str(failure)))
        terminal.warn(sentence("{lines}", lines=failure.last_lines))
        code, keep = Exit.FAILED, True
    except CommandFailed as failure:
        terminal.warn(sentence("{failure}", failure=str(failure)))
        code, keep = Exit.FAILED, True
    finally:
        _end(stage, terminal)
    keep = keep or (bool(arguments.check) and code == Exit.FAILED)
    if keep:
        terminal.say(sentence("kept: {path}", path=root))
    else:
        with suppress(FileNotFoundError):  # somebody was faster
            shutil.rmtree(root)
    return code


def _perform(stage: Stage, arguments: argparse.Namespace, terminal: Terminal) -> int:
    if arguments.prove:
        return Exit.DONE if prove(stage) else Exit.FAILED
    if arguments.check:
        withheld = (*plan.FAULTS, plan.ANSWERS_LOST) if "all" in arguments.without else arguments.without
        return Exit.DONE if check(stage, withheld) else Exit.FAILED
    stage.start()
    _invite(stage, terminal)
    return _wait(stage, terminal)


def _invite(stage: Stage, terminal: Terminal) -> None:
    say = terminal.say
    print()
    say(sentence("Open this link once, within half an hour; it logs you in:"))
    say(sentence("  {link}", link=stage.login_link))
    say(sentence("The console is at {address}", address=stage.console))
    print()
    if stage.followed is not None:
        _say_followed(stage.followed, terminal)
    else:
        for site in stage.sites:
            port = stage.clinic_ports[site.id]
            say(sentence("Make {site} fail: http://{host}:{port}/", site=site.name, host=LOOPBACK, port=port))
        say(sentence("Each button there really breaks something; the ticket should stand on the board at once."))
        say(sentence("Then put it right, and watch the ticket recover two seconds later."))
        for name, agent in stage.agents.items():
            say(sentence("Or silence a site: kill -9 {pid}   ({site})", pid=agent.pid, site=name))
    say(sentence("Ctrl-C ends everything that was started here."))


def _say_followed(followed: Followed, terminal: Terminal) -> None:
    terminal.say(sentence("Following {log} from its beginning; it is only read, never written.", log=followed.log))
    with followed.log.open("rb") as lines:
        size = lines.seek(0, 2)
        lines.seek(max(0, size - 1))
        is_whole = lines.read() in {b"", b"\n"}
    if not is_whole:
        terminal.say(sentence("Its last line has no line end yet; it counts as soon as it has one."))
    terminal.say(sentence("What {catalogue} finds in it stands on the board.", catalogue=followed.catalogue))


def _wait(stage: Stage, terminal: Terminal) -> int:
    """Until Ctrl-C, or until the collector has died; a killed agent is part of the show."""
    told: set[str] = set()
    while True:
        time.sleep(LOOK_S)
        if not stage.collector.pid:
            raise ChildFailed(stage.collector.name, "has ended", stage.collector.last_lines())
        for child in stage.children():
            if not child.pid and child.name not in told:
                told.add(child.name)
                terminal.say(sentence("{name} has ended", name=child.name))


def _end(stage: Stage, terminal: Terminal) -> None:
    """End everything; a second Ctrl-C meanwhile changes nothing, so that nothing is left behind."""
    INTERRUPTS.ignore()
    if any(child.pid for child in stage.children()):
        terminal.say(sentence("ending what was started"))
    for name in stage.stop():
        terminal.warn(sentence("{name} did not end when asked and was killed", name=name))
