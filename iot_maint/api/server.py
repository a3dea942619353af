"""The HTTP server as a context: it listens when the block begins, and has answered its last request when it ends."""

import threading
import time
from types import TracebackType
from typing import Self

import uvicorn
from fastapi import FastAPI

from iot_maint.domain.errors import MaintError

STARTS_WITHIN_S = 20.0
STOPS_WITHIN_S = 10


class HttpServer:
    """Uvicorn in a thread of its own, so that signals stay with the command that started it."""

    def __init__(self, app: FastAPI, host: str, port: int) -> None:
        self._where = f"{host}:{port}"
        config = uvicorn.Config(
            app,
            host=host,
            port=port,
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=STOPS_WITHIN_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(target=self._run, name="http", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        deadline = time.monotonic() + STARTS_WITHIN_S
        while not self._server.started:
            if not self._thread.is_alive() or time.monotonic() > deadline:
                raise MaintError(f"cannot listen on {self._where} (IOT_MAINT_HTTP_BIND): is the port taken?")
            time.sleep(0.02)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.should_exit = True
        self._thread.join(STOPS_WITHIN_S + 5)

    @property
    def alive(self) -> bool:
        """Whether it still serves."""
        return self._thread.is_alive()

    def _run(self) -> None:
        try:
            self._server.run()
        except SystemExit:  # uvicorn's way to say that it cannot bind, after logging why
            return
