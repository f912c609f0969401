"""How long a drill of level 3 takes: a PostgreSQL database is saved, loaded into a scratch server and counted.

Generated business data: customers, their orders, the lines of those, notes of a few hundred letters, with the
keys and indexes that such a system has. Give the size in MB of the live database, as PostgreSQL counts it.

    python -m benchmarks.drill [MEGABYTES]
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from remediation.backup.sources.login import Login
from remediation.backup.sources.postgresql import PostgresqlSource
from remediation.backup.sources.postgresql_session import connected
from tests.fakes.database_servers import postgresql
from tests.fakes.saved_databases import PROGRAMS, SCRATCH, room, save

MB = 1_048_576
ORDERS_PER_MB = 1_260  # measured: tables and indexes together
TARGET_S = 120
T = TypeVar("T")
MADE = (
    "CREATE TABLE public.customers (id int PRIMARY KEY, name text NOT NULL, city text, since date, mail text)",
    (
        "CREATE TABLE public.orders (id int PRIMARY KEY, customer int REFERENCES public.customers, at timestamptz"
        " NOT NULL, state text NOT NULL, total numeric(12, 2) NOT NULL, note text)"
    ),
    (
        "CREATE TABLE public.lines (orders int REFERENCES public.orders, line int, article text NOT NULL, count int"
        " NOT NULL, price numeric(12, 2) NOT NULL, PRIMARY KEY (orders, line))"
    ),
    (
        "INSERT INTO public.customers SELECT n, 'Customer ' || md5(n::text), 'City ' || n % 900, date '2015-01-01' + n"
        " % 4000, md5(n::text) || '@example.org' FROM generate_series(1, {orders} / 8) n"
    ),
    (
        "INSERT INTO public.orders SELECT n, 1 + n % ({orders} / 8), timestamptz '2020-01-01' + n * interval '1 min',"
        " (ARRAY['open', 'sent', 'paid'])[1 + n % 3], n % 10000 / 7.0, repeat(md5(n::text) || ' ', n % 12)"
        " FROM generate_series(1, {orders}) n"
    ),
    (
        "INSERT INTO public.lines SELECT n, l, 'A-' || (n * l) % 50000, l, n % 1000 / 3.0 FROM"
        " generate_series(1, {orders}) n, generate_series(1, 5) l"
    ),
    "CREATE INDEX ON public.orders (customer)",
    "CREATE INDEX ON public.orders (at)",
    "CREATE INDEX ON public.lines (article)",
    "ANALYZE",
)


def main() -> None:
    megabytes = int(sys.argv[1]) if len(sys.argv) > 1 else 1_024
    with postgresql() as port, room() as folder:
        login = Login("boss", "p", port=port)
        with connected(login, "postgres") as connection:
            for statement in MADE:
                connection.run(statement.format(orders=megabytes * ORDERS_PER_MB))
        drill(PostgresqlSource("clinic", "postgres", login, PROGRAMS), folder)


def drill(source: PostgresqlSource, folder: Path) -> None:
    facts, dump = timed("save", lambda: save(source, folder))
    size = sum(path.stat().st_size for path in dump.iterdir())
    print(f"  database {facts.size_bytes / MB:,.0f} MB, dump {size / MB:,.0f} MB, {sum(facts.tables.values()):,} rows")
    context = SCRATCH.load(facts, dump, folder / "scratch")
    started = time.monotonic()
    loaded = timed("start and load", context.__enter__)
    assert timed("count", loaded.counts) == facts.tables
    total = "SELECT sum(count * price) FROM public.lines"
    timed("one assertion", lambda: list(loaded.query(total)))
    took = time.monotonic() - started
    assert timed("integrity (amcheck, every row read)", loaded.integrity) == []
    timed("remove", lambda: context.__exit__(None, None, None))
    print(f"level 3 (load, count, assertion): {took:.1f} s; target {TARGET_S} s")
    print(f"memory of this process: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def timed(what: str, act: Callable[[], T]) -> T:
    started = time.monotonic()
    found = act()
    print(f"{what:40} {time.monotonic() - started:7.1f} s", flush=True)
    return found


if __name__ == "__main__":
    main()
