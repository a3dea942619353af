"""Waiting for a PostgreSQL transaction that waits for another one, so that a race is run in the order that is meant."""

from time import monotonic, sleep

import psycopg

from tests.servers.postgresql import PostgresqlDatabase


def wait_until_blocked(postgresql: PostgresqlDatabase, patience_s: float) -> None:
    """Until some transaction waits for another one."""
    until = monotonic() + patience_s
    with psycopg.connect(postgresql.url.replace("+psycopg", ""), autocommit=True) as watcher:
        while monotonic() < until:
            row = watcher.execute("SELECT count(*) FROM pg_locks WHERE NOT granted").fetchone()
            if row is not None and row[0]:
                return
            sleep(0.01)
    raise AssertionError("no transaction ever waited for another one")
