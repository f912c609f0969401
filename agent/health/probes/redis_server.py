"""Redis, asked with one INFO over redis-py."""

from __future__ import annotations

from typing import Any

from agent.health.probes.databases import Answers, Login, Unanswered
from agent.settings.probes import DatabaseCheck

PORT = 6_379


def ask(settings: DatabaseCheck, login: Login) -> Answers:
    """One connection, one question; raises `Unanswered`."""
    import redis  # noqa: PLC0415  # loaded on hosts that have a Redis to look at
    from redis.backoff import NoBackoff  # noqa: PLC0415
    from redis.retry import Retry  # noqa: PLC0415

    client = redis.Redis(
        host=settings.host,
        port=settings.port or PORT,
        username=login.user if login.user not in ("", "default") else None,
        password=login.password or None,
        socket_timeout=settings.timeout_s,
        socket_connect_timeout=settings.timeout_s,
        retry=Retry(NoBackoff(), 0),
    )
    try:
        found: dict[str, Any] = client.info()
    except (redis.RedisError, OSError) as error:
        raise Unanswered(str(error) or type(error).__name__) from error
    finally:
        client.close()
    return answers_of(found)


def answers_of(found: dict[str, Any]) -> Answers:
    """What INFO means. A replica whose link is down has been behind since then."""
    lag_s, problem = None, ""
    if found.get("role") == "slave":
        lag_s = float(max(0, found.get("master_last_io_seconds_ago", 0)))
        if found.get("master_link_status") != "up":
            lag_s = float(found.get("master_link_down_since_seconds", 0))
            problem = "the link to its primary is down"
    return Answers(
        int(found.get("connected_clients", 0)),
        int(found.get("maxclients", 0)),
        lag_s,
        None,
        int(found.get("used_memory", 0)),
        problem,
    )
