"""MariaDB (and MySQL), asked over PyMySQL; the user needs PROCESS, and SLAVE MONITOR on a replica."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from agent.health.probes.databases import Answers, Login, Unanswered
from agent.settings.probes import DatabaseCheck

PORT = 3_306
DENIED = (1044, 1045, 1142, 1227)
OLDEST = "SELECT MAX(TIMESTAMPDIFF(SECOND, trx_started, NOW())) AS value FROM information_schema.INNODB_TRX"
SIZE = "SELECT SUM(data_length + index_length) AS value FROM information_schema.TABLES"

Query = Callable[[str], list[dict[str, Any]]]


def ask(settings: DatabaseCheck, login: Login) -> Answers:
    """One connection, a few questions; raises `Unanswered`."""
    import pymysql  # noqa: PLC0415  # loaded on hosts that have a MariaDB to look at
    import pymysql.cursors  # noqa: PLC0415

    try:
        connection = pymysql.connect(
            user=login.user or "root",
            password=login.password,
            host=settings.host,
            port=settings.port or PORT,
            database=settings.database or None,
            connect_timeout=max(1, round(settings.timeout_s)),
            read_timeout=max(1, round(settings.timeout_s)),
            write_timeout=max(1, round(settings.timeout_s)),
            cursorclass=pymysql.cursors.DictCursor,
        )
        with connection, connection.cursor() as cursor:

            def query(statement: str) -> list[dict[str, Any]]:
                cursor.execute(statement)
                return list(cursor.fetchall())

            return _answers(query, lambda statement: _allowed(query, statement, pymysql.err.MySQLError))
    except (pymysql.err.MySQLError, OSError) as error:
        raise Unanswered(str(error)) from error


def _answers(query: Query, allowed: Query) -> Answers:
    status = {row["Variable_name"]: row["Value"] for row in query("SHOW GLOBAL STATUS LIKE 'Threads_connected'")}
    limits = {row["Variable_name"]: row["Value"] for row in query("SHOW GLOBAL VARIABLES LIKE 'max_connections'")}
    lag_s, problem = _replica(allowed("SHOW SLAVE STATUS"))
    oldest, size = allowed(OLDEST), query(SIZE)
    return Answers(
        int(status.get("Threads_connected", 0)),
        int(limits.get("max_connections", 0)),
        lag_s,
        float(oldest[0]["value"] or 0) if oldest else None,
        int(size[0]["value"] or 0),
        problem,
    )


def _replica(rows: list[dict[str, Any]]) -> tuple[float | None, str]:
    """Seconds behind the primary, and what is wrong; (None, "") on a server that is no replica."""
    if not rows:
        return None, ""
    row = rows[0]
    if row["Slave_IO_Running"] == "Yes" and row["Slave_SQL_Running"] == "Yes":
        return float(row["Seconds_Behind_Master"] or 0), ""
    why = row.get("Last_SQL_Error") or row.get("Last_IO_Error") or "it is stopped"
    return None, f"replication does not run: {why}"


def _allowed(query: Query, statement: str, refused: type[Exception]) -> list[dict[str, Any]]:
    """The answer, or nothing where this user may not ask."""
    try:
        return query(statement)
    except refused as error:
        if error.args and error.args[0] in DENIED:
            return []
        raise
