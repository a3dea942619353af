"""One server as a child process: a free port, a log file, readiness, and an end that always comes."""

import contextlib
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

HOST = "127.0.0.1"


class ServerDidNotStart(RuntimeError):
    """The process ended or stayed silent; the message carries the end of its log."""


def free_port() -> int:
    """A loopback port that nobody holds at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def accepts_connections(port: int) -> bool:
    with socket.socket() as probe:
        probe.settimeout(1.0)
        return probe.connect_ex((HOST, port)) == 0


@dataclass(slots=True, kw_only=True)
class ServerProcess:
    """Starts `command`, waits until `is_ready`, ends it by its own pid.

    `user` is the account to run as, for servers that refuse root; None keeps the present one.
    """

    command: Sequence[str]
    is_ready: Callable[[], bool]
    log: Path
    user: str | None = None
    start_within_s: float = 30.0
    stop_signal: signal.Signals = signal.SIGTERM
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    @property
    def pid(self) -> int:
        if self._process is None:
            raise ServerDidNotStart(f"{self.command[0]} is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def exit_status(self) -> int | None:
        """How it ended by itself: less the signal's number where one killed it; None while it runs."""
        return self._process.poll() if self._process is not None else None

    def start(self) -> None:
        """Start and wait until ready; nothing to do when it already runs."""
        if self.running:
            return
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.log.parent,
                user=self.user,
                group=self.user,
                extra_groups=None if self.user is None else [],
                # Its own group: Ctrl-C in the terminal ends the tests first, and they end the server.
                start_new_session=True,
            )
        try:
            self._wait_until_ready()
        except BaseException:
            self.kill()
            raise

    def stop(self, within_s: float = 20.0) -> None:
        """End it in its own orderly way; after `within_s` without asking."""
        process = self._process
        if process is None:
            return
        # A paused process cannot hear the stop signal.
        self.resume()
        process.send_signal(self.stop_signal)
        try:
            process.wait(within_s)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        self._process = None

    def kill(self) -> None:
        """`kill -9`: what a power cut does to it."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    def pause(self) -> None:
        """Freeze it: connections stay open and nothing answers."""
        os.kill(self.pid, signal.SIGSTOP)

    def resume(self) -> None:
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signal.SIGCONT)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + self.start_within_s
        while not self.is_ready():
            if not self.running:
                raise ServerDidNotStart(f"{self.command[0]} ended at once:\n{self._log_end()}")
            if time.monotonic() > deadline:
                raise ServerDidNotStart(
                    f"{self.command[0]} is not ready after {self.start_within_s:g} s:\n{self._log_end()}"
                )
            time.sleep(0.01)

    def _log_end(self) -> str:
        return self.log.read_text(errors="replace")[-2000:]
