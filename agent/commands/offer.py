"""`sitewarden-agent offer`: hands signed files to the executor, for sites where they come on a stick."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path

import msgspec

from agent.commands.loading import add_settings_argument, load_settings
from agent.courier.sorting import Sorted, Way, approvals_for, sort_document
from remediation.executor.client import ExecutorClient, ExecutorRefused, NoExecutor
from terminal import CommandRefused, Exit, Terminal
from wire.documents.envelope import ENVELOPE_BYTES
from wire.errors import Malformed
from wire.proofs import Outcome, Result
from wire.sentence import Sentence, sentence

_SAID = {
    Outcome.DONE: sentence("done"),
    Outcome.FAILED: sentence("failed"),
    Outcome.REFUSED: sentence("refused"),
    Outcome.UNKNOWN: sentence("unknown: the host went down while it ran"),
}


class Offer:
    """Requests with their approvals, declines and revocations from files."""

    name = "offer"
    summary = sentence("Hand signed requests with their approvals, declines or revocations to the executor.")
    examples: Sequence[str] = (
        "sitewarden-agent offer request.json approval.json",
        "sitewarden-agent offer revocation.json",
    )

    def add_arguments(self, parser: argparse.ArgumentParser, terminal: Terminal) -> None:
        """Settings and files."""
        add_settings_argument(parser, terminal)
        words = sentence("run a request again that ran before, if its approval allows that")
        parser.add_argument("--again", action="store_true", help=terminal.text(words))
        parser.add_argument("--json", action="store_true", help=terminal.text(sentence("print JSON")))
        words = sentence("a signed document")
        parser.add_argument("files", metavar="FILE", type=Path, nargs="+", help=terminal.text(words))

    def run(self, arguments: argparse.Namespace, terminal: Terminal) -> int:
        """Hand all over; 0 when every request was done and everything else was taken."""
        settings = load_settings(arguments, terminal).settings
        documents = [read_offered(path) for path in arguments.files]
        client = ExecutorClient(Path(str(settings.executor.socket)), time.monotonic)  # noqa: TID251  # handed on
        try:
            stopped = [_stop(client, each, terminal) for each in documents if each.way in {Way.DECLINE, Way.REVOCATION}]
            requests = [each for each in documents if each.way is Way.REQUEST]
            results = [client.run(each.raw, approvals_for(each, documents), again=arguments.again) for each in requests]
        except NoExecutor as nobody:
            words = sentence(
                "the executor does not answer ({problem}); start `sitewarden-agent executor`", problem=str(nobody)
            )
            raise CommandRefused(words, Exit.FAILED) from nobody
        except ExecutorRefused as refused:
            raise CommandRefused(sentence("refused: {problem}", problem=str(refused)), Exit.FAILED) from refused
        if not stopped and not results:
            raise CommandRefused(sentence("there is neither a request, nor a decline or revocation in these files"))
        for result in results:
            _print(result, terminal, as_json=arguments.json)
        return Exit.DONE if all(result.outcome is Outcome.DONE for result in results) else Exit.FAILED


def read_offered(path: Path) -> Sorted:
    """The signed document in a file; a refused command otherwise."""
    try:
        with path.open("rb") as file:
            return sort_document(file.read(ENVELOPE_BYTES + 1))
    except OSError as error:
        raise CommandRefused(sentence("{path} cannot be read: {problem}", path=path, problem=error.strerror)) from error
    except Malformed as error:
        raise CommandRefused(sentence("{path} is refused: {problem}", path=path, problem=str(error))) from error


def _stop(client: ExecutorClient, document: Sorted, terminal: Terminal) -> str:
    stop = client.revoke if document.way is Way.REVOCATION else client.decline
    names = stop(document.raw).names
    terminal.say(sentence("stopped: {name}", name=names))
    return names


def _print(result: Result, terminal: Terminal, *, as_json: bool) -> None:
    if as_json:
        terminal.json(msgspec.to_builtins(result))
        return
    for words in _lines(result):
        terminal.say(words)


def _lines(result: Result) -> list[Sentence]:
    lines = [sentence("{outcome}: {digest}", outcome=_SAID[result.outcome], digest=result.digest)]
    if result.obstacle:
        lines.append(sentence("why: {obstacle}, {detail}", obstacle=result.obstacle, detail=result.detail))
    elif result.detail:
        lines.append(sentence("note: {detail}", detail=result.detail))
    if result.exit_code is not None:
        lines.append(sentence("{step} ended with exit code {code}", step=result.step, code=result.exit_code))
    elif result.signal is not None:
        lines.append(sentence("{step} was ended by signal {signal}", step=result.step, signal=result.signal))
    if result.output:
        lines.append(sentence("{output}", output=result.output.rstrip("\n")))
    return lines


COMMAND = Offer()
