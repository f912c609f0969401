"""Two listeners, one process, one event loop: start everything, announce, end in order.

At the signal to end: open streams are told (`parts.stopping`), both listeners finish what is under
way, then the jobs stop, and the writer last, because requests under way still wait for it.
"""

from __future__ import annotations

import asyncio
import gc
import resource
import signal
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import uvicorn

from collector.console.app import console_app
from collector.fleet.registry import Registry
from collector.ingest.answers import Signer
from collector.ingest.applying import Desk
from collector.ingest.asgi import HEALTH_PATH, Doors, ExchangeApp, Scope, Send, health_answer, send_answer
from collector.ingest.bundles import BundleDoor
from collector.ingest.enrolling import Enrolling
from collector.ingest.exchange import Exchange
from collector.ingest.gate import Gate
from collector.ingest.pacing import Pace, most_steps
from collector.ingest.request import Receive
from collector.ingest.vendor_files import vendor_files
from collector.ingest.waiters import Waiters
from collector.ingest.waiting import Waiting
from collector.ingest.waker import Waker
from collector.ingest.writer import LINGER_S, Writer
from collector.jobs.history import HistoryLoop
from collector.jobs.loop import Duties, JobLoop
from collector.metrics.measures import Measures
from collector.metrics.scrape import Live
from collector.notify.loop import MessageLoop, duties_of
from collector.parts import Parts
from collector.relay.bundles.service import FOLDER as BUNDLES
from collector.relay.bundles.service import Bundles
from collector.serving.listeners import BACKLOG, Opened
from collector.serving.metrics import live_numbers, metrics_door, read_token
from collector.serving.protocol import LimitedProtocol
from collector.serving.tls_memory import keep_little
from wire.keys import public_text

KEEP_ALIVE_S = 120  # longer than a heartbeat, so that a check-in costs no TLS handshake
EXCHANGE_CONNECTIONS = 30_000  # idle ones count too: one for each agent, and another for each that waits
CONSOLE_CONNECTIONS = 1_000
GRACE_S = 10  # for requests under way when the process ends


@dataclass
class Engine:
    """Everything behind the listeners."""

    parts: Parts
    registry: Registry
    writer: Writer
    jobs: JobLoop
    history: HistoryLoop
    waiters: Waiters
    waker: Waker
    messages: MessageLoop
    pace: Pace
    measures: Measures

    def start(self) -> None:
        """Start the threads."""
        self.registry.start()
        self.writer.start()
        self.jobs.start()
        self.history.start()
        self.waker.start()
        self.messages.start()

    def stop(self) -> None:
        """Stop the threads; what was accepted is written first."""
        self.messages.stop()
        self.waker.stop()
        self.history.stop()
        self.jobs.stop()
        self.writer.stop()
        self.registry.stop()

    def live(self) -> Live:
        """What the page of metrics says of the running parts."""
        return live_numbers(self.writer.work(), self.pace.interval_s, len(self.waiters))

    def health(self) -> Mapping[str, object]:
        """What /healthz says."""
        writing, working, telling = self.writer.is_alive, self.jobs.is_alive, self.messages.is_alive
        folding = self.history.is_alive
        return {
            "ok": writing and working and telling and folding,
            "writer": writing,
            "jobs": working,
            "history": folding,
            "messages": telling,
            "backlog_s": round(self.writer.work().backlog_s, 3),
            "interval_s": self.pace.interval_s,
            "stretched": self.pace.is_stretched,
            "generation": self.parts.generation,
            "time": self.parts.now().isoformat(),
        }


def build_engine(parts: Parts) -> Engine:
    """The registry, the writer and the jobs of these parts, not yet started."""
    registry = Registry(parts.store)
    rules = parts.settings.rules
    admission, measures = parts.settings.admission, Measures()
    writer = Writer(
        parts.store,
        lambda: Desk(registry.known.codebook, rules, parts.new_secret),
        monotonic=parts.monotonic,
        admission=admission,
        measures=measures,
        linger_s=LINGER_S,
    )
    most = most_steps(admission.stretch, usual_s=rules.heartbeat_s, grace_s=rules.silent_grace_s)
    pace = Pace(rules.heartbeat_s, most=most, now=parts.monotonic())
    duties = Duties(
        store=parts.store,
        registry=registry,
        settings=parts.settings,
        started_at=parts.now(),
        now=parts.now,
        new_secret=parts.new_secret,
        interval_s=lambda: pace.expected_s(parts.monotonic()),
    )
    waiters = Waiters(rules.waiters)
    waker = Waker(parts.store, registry, waiters, parts.now)
    messages = MessageLoop(duties_of(parts), is_leader=parts.store.is_leader)
    history = HistoryLoop(
        parts.store,
        parts.settings.retention,
        now=parts.now,
        monotonic=parts.monotonic,
        busy_s=lambda: writer.work().busy_s,
    )
    jobs = JobLoop(duties, parts.monotonic)
    return Engine(parts, registry, writer, jobs, history, waiters, waker, messages, pace, measures)


def exchange_app(engine: Engine) -> ExchangeApp:
    """The application of the exchange listener."""
    parts, rules = engine.parts, engine.parts.settings.rules
    signer = Signer(parts.receipt_key, parts.now, parts.new_secret)
    gate = Gate(
        engine.registry,
        parts.settings.admission,
        engine.pace,
        work=engine.writer.work,
        monotonic=parts.monotonic,
    )
    exchange = Exchange(engine.registry, engine.writer, signer, parts.generation, gate, parts.now)
    enrolling = Enrolling(
        store=parts.store,
        registry=engine.registry,
        signer=signer,
        receipt_key_text=public_text(parts.receipt_key),
        generation=parts.generation,
        rules=rules,
        now=parts.now,
        new_secret=parts.new_secret,
    )
    state = Path(parts.settings.state)
    doors = Doors(
        exchange=exchange,
        enrolling=enrolling,
        waiting=Waiting(engine.registry, engine.waiters, signer, rules.wait_s, parts.now, parts.new_secret),
        bundles=BundleDoor(Bundles(parts.store, state / BUNDLES), engine.registry, signer, parts.now),
    )
    return ExchangeApp(
        doors,
        signer=signer,
        health=engine.health,
        monotonic=parts.monotonic,
        vendor=vendor_files(parts, engine.registry, signer.key_id),
        measures=engine.measures,
    )


class HealthDoor:
    """/healthz in front of another application."""

    def __init__(self, inner: Callable[..., object], health: Callable[[], Mapping[str, object]]) -> None:
        self._inner = inner
        self._health = health

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer health, pass on the rest."""
        if scope["type"] == "http" and scope["path"] == HEALTH_PATH and scope["method"] in {"GET", "HEAD"}:
            answer = health_answer(self._health(), with_body=scope["method"] == "GET")
            await send_answer(answer, send)
        else:
            await self._inner(scope, receive, send)  # type: ignore[misc]


class _Server(uvicorn.Server):
    """A uvicorn server that leaves the signals to us and tells when it has started."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Two servers in one process: the signals are ours."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        self.ready.set()


def run(parts: Parts, exchange: Opened, console: Opened, announce: Callable[[], None]) -> None:
    """Serve until SIGTERM or SIGINT; `announce` is called when both listeners answer."""
    token = read_token(parts.settings.metrics)
    _raise_file_limit()
    keep_little()
    engine = build_engine(parts)
    engine.start()
    try:
        asyncio.run(_serve(engine, exchange, console, announce, token=token))
    finally:
        parts.stopping.set()
        engine.stop()


async def _serve(
    engine: Engine, exchange: Opened, console: Opened, announce: Callable[[], None], *, token: str
) -> None:
    metrics = metrics_door(console_app(engine.parts), engine.parts, engine.measures, engine.live, token=token)
    door = HealthDoor(metrics, engine.health)
    servers = [
        _server(exchange_app(engine), exchange, EXCHANGE_CONNECTIONS, lifespan="off"),
        _server(door, console, CONSOLE_CONNECTIONS, lifespan="auto"),
    ]

    def end() -> None:
        engine.parts.stopping.set()
        engine.waiters.close()
        for server in servers:
            server.force_exit = server.should_exit  # a second signal does not wait
            server.should_exit = True

    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end)
    pairs = zip(servers, (exchange, console), strict=True)
    running = [asyncio.create_task(server.serve([opened.socket])) for server, opened in pairs]
    started = asyncio.create_task(_all_ready(servers))
    await asyncio.wait([started, *running], return_when=asyncio.FIRST_COMPLETED)
    if started.done():
        gc.collect()
        gc.freeze()  # what is here stays: no collection needs to look at it again
        announce()
    started.cancel()
    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    end()  # if one listener has ended by itself, so does the other
    await asyncio.gather(*running)


async def _all_ready(servers: Iterable[_Server]) -> None:
    for server in servers:
        await server.ready.wait()


def _server(app: Callable[..., object], opened: Opened, connections: int, *, lifespan: str) -> _Server:
    config = uvicorn.Config(
        app,
        http=LimitedProtocol,
        ws="none",
        lifespan=lifespan,  # type: ignore[arg-type]
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_S,
        timeout_graceful_shutdown=GRACE_S,
        limit_concurrency=connections,
        backlog=BACKLOG,
        ssl_certfile=opened.certificate,
        ssl_keyfile=opened.key,
    )
    return _Server(config)


def _raise_file_limit() -> None:
    """As many connections as the system lets us have: the soft limit is 1,024 nearly everywhere."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
