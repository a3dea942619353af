"""In front of the real InfluxDB: passes everything on, but for what `fault` says of a write of telemetry."""

import http.client
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self

from tests.servers.influxdb import InfluxdbBucket
from tests.servers.processes import HOST

_HOP_BY_HOP = frozenset({"connection", "transfer-encoding", "content-length", "date", "server"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What the service is told; `after_s`: as late as that, and then what the store really answered."""

    status: int = 0
    message: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    after_s: float = 0


# The lines of a write → what becomes of it, None for nothing out of the ordinary.
Fault = Callable[[list[bytes]], Answer | None]


def for_times(times: int, answer: Answer) -> Fault:
    """That answer for the next few writes, and then none any more."""
    given = 0

    def fault(_lines: list[bytes]) -> Answer | None:
        nonlocal given
        given += 1
        return answer if given <= times else None

    return fault


class StoreProxy:
    """Serves within `with`; `writes` are the instants (monotonic) of telemetry's writes, `faults` how many failed."""

    def __init__(self, store: InfluxdbBucket) -> None:
        self._store = store
        self.fault: Fault = for_times(0, Answer())
        self.writes: list[float] = []
        self.faults = 0
        handler = type("Handler", (_Handler,), {"proxy": self})
        self._server = ThreadingHTTPServer((HOST, 0), handler)
        self._server.daemon_threads = True

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    @property
    def url(self) -> str:
        """As `IOT_MAINT_TELEMETRY_URL` takes it."""
        here = f"{HOST}:{self._server.server_address[1]}"
        return self._store.telemetry_url.replace(f"{self._store.server.host}:{self._store.server.port}", here)

    def judge(self, path: str, body: bytes) -> Answer | None:
        """The service's own counters are not what is meant."""
        lines = body.splitlines()
        if not path.startswith("/api/v2/write") or not any(line.startswith(b"pump,") for line in lines):
            return None
        self.writes.append(time.monotonic())
        answer = self.fault(lines)
        self.faults += answer is not None
        return answer

    def pass_on(self, method: str, path: str, body: bytes, headers: Mapping[str, str]) -> http.client.HTTPResponse:
        connection = http.client.HTTPConnection(self._store.server.host, self._store.server.port, timeout=60)
        connection.request(method, path, body=body, headers={**headers, "Connection": "close"})
        return connection.getresponse()


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    proxy: StoreProxy

    def do_GET(self) -> None:
        self._handle()

    def do_POST(self) -> None:
        self._handle()

    def log_message(self, *_: object) -> None:
        """Nothing."""

    def _handle(self) -> None:
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        answer = self.proxy.judge(self.path, body)
        if answer is not None and answer.status:
            content = f'{{"code":"injected","message":"{answer.message}"}}'.encode()
            self._answer(answer.status, {"Content-Type": "application/json", **answer.headers}, content)
            return
        headers = {name: value for name, value in self.headers.items() if name.lower() != "host"}
        real = self.proxy.pass_on(self.command, self.path, body, headers)
        content = real.read()
        if answer is not None:
            time.sleep(answer.after_s)
        self._answer(real.status, dict(real.getheaders()), content)

    def _answer(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        # Who was kept waiting may have gone.
        with suppress(OSError):
            self.send_response(status)
            for name, value in headers.items():
                if name.lower() not in _HOP_BY_HOP:
                    self.send_header(name, value)
            if status != http.client.NO_CONTENT:
                self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)
