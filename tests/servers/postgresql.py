"""A real PostgreSQL on a free loopback port, made for speed, not to last; a fresh database for each test."""

import os
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
from psycopg import sql

from tests.servers.processes import HOST, ServerDidNotStart, ServerProcess, free_port

# With locale C, pg_trgm finds no Chinese.
_INITDB_OPTIONS = ("-A", "trust", "-U", "postgres", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")
# Safe to lose with the test run, so no fsync; connections for several processes of one test.
_SETTINGS = ("fsync=off", "full_page_writes=off", "max_connections=60", "shared_buffers=32MB")


@dataclass(slots=True, kw_only=True)
class PostgresqlServer:
    """postgres with its data in `folder`, which the account `postgres` must be able to enter."""

    programs: Path
    folder: Path
    host: str = HOST
    port: int = field(default_factory=free_port)
    process: ServerProcess = field(init=False)

    def __post_init__(self) -> None:
        settings = (*_SETTINGS, f"listen_addresses={self.host}", f"port={self.port}")
        self.process = ServerProcess(
            command=[
                str(self.programs / "postgres"),
                *("-D", str(self._data), "-k", str(self.folder)),
                *(word for setting in settings for word in ("-c", setting)),
            ],
            is_ready=self._answers,
            log=self.folder / "postgresql.log",
            user=self._user,
            # Fast shutdown: at a SIGTERM it waits until every client has gone by itself.
            stop_signal=signal.SIGINT,
        )

    def start(self) -> None:
        if not self._data.exists():
            self._initialise()
        try:
            self.process.start()
        except ServerDidNotStart:
            # After a kill its orphans hold the shared memory for a moment; the log tells if it was that.
            time.sleep(1)
            self.process.start()

    def _initialise(self) -> None:
        if self._user is not None:
            shutil.chown(self.folder, self._user, self._user)
        subprocess.run(
            [str(self.programs / "initdb"), "-D", str(self._data), *_INITDB_OPTIONS],
            check=True,
            capture_output=True,
            cwd=self.folder,
            user=self._user,
            group=self._user,
            extra_groups=None if self._user is None else [],
        )

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    @property
    def _user(self) -> str | None:
        """PostgreSQL refuses to run as root."""
        return "postgres" if os.geteuid() == 0 else None

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        """As a power cut does: all its processes, for one that serves a connection would outlive it for a moment."""
        with self._connect() as connection:
            serving = [pid for (pid,) in connection.execute("SELECT pid FROM pg_stat_activity")]
        self.process.kill()
        for pid in serving:
            with suppress(ProcessLookupError):
                os.kill(int(pid), signal.SIGKILL)

    def create_database(self, name: str, template: str = "template1") -> "PostgresqlDatabase":
        """A copy of `template`, to which nobody may be connected; without one, an empty database."""
        create = sql.SQL("CREATE DATABASE {} TEMPLATE {}")
        self._execute(create.format(sql.Identifier(name), sql.Identifier(template)))
        return PostgresqlDatabase(server=self, name=name)

    def drop_database(self, name: str) -> None:
        """Also when the test left connections open."""
        self._execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def _execute(self, statement: sql.Composed) -> None:
        with self._connect() as connection:
            connection.execute(statement)

    def _answers(self) -> bool:
        try:
            self._connect().close()
        except psycopg.OperationalError:
            return False
        return True

    def _connect(self) -> "psycopg.Connection[tuple[int, ...]]":
        return psycopg.connect(
            host=self.host,
            port=self.port,
            user="postgres",
            dbname="postgres",
            connect_timeout=10,
            autocommit=True,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PostgresqlDatabase:
    """One test's database; `server` is there for stop, kill and start again."""

    server: PostgresqlServer
    name: str

    @property
    def url(self) -> str:
        """As `IOT_MAINT_DATABASE_URL` and SQLAlchemy take it."""
        return f"postgresql+psycopg://postgres@{self.server.host}:{self.server.port}/{self.name}"
