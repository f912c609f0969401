"""PostgreSQL, asked by a plain user over pg8000; `pg_monitor` makes it see other users' transactions."""

from __future__ import annotations

import socket

from agent.health.probes.databases import Answers, Login, Unanswered
from agent.settings.probes import DatabaseCheck

PORT = 5_432
QUESTION = """
SELECT (SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'),
       current_setting('max_connections')::int - current_setting('superuser_reserved_connections')::int,
       CASE WHEN pg_is_in_recovery() THEN
         CASE WHEN pg_last_wal_receive_lsn() = pg_last_wal_replay_lsn() THEN 0
              ELSE extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END
       END::float,
       (SELECT extract(epoch FROM max(clock_timestamp() - xact_start)) FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND backend_type = 'client backend')::float,
       pg_database_size(current_database())
"""


def ask(settings: DatabaseCheck, login: Login) -> Answers:
    """One connection, one question; raises `Unanswered`."""
    import pg8000.dbapi  # noqa: PLC0415  # loaded on hosts that have a PostgreSQL to look at

    where = (settings.host, settings.port or PORT)
    try:
        # Our own socket, because the driver leaves its own open when it cannot log in.
        with socket.create_connection(where, settings.timeout_s) as line:
            connection = pg8000.dbapi.connect(
                user=login.user or "postgres",
                password=login.password or None,
                host=settings.host,
                sock=line,
                database=settings.database or "postgres",
                application_name="sitewarden",
            )
            cursor = connection.cursor()
            cursor.execute(QUESTION)
            row = cursor.fetchone()
            connection.close()
    except TimeoutError as error:
        raise Unanswered(f"no answer in {settings.timeout_s:g} s") from error
    except (pg8000.dbapi.Error, OSError) as error:
        raise Unanswered(_words(error)) from error
    return Answers(row[0], row[1], row[2], row[3], row[4])


def _words(error: Exception) -> str:
    said = error.args[0] if error.args else error
    return f"{said.get('S', '')}: {said.get('M', '')}" if isinstance(said, dict) else str(said)
