"""A wire between the service and its broker that can fail as wires do: nothing arrives any more, and nobody is told."""

import contextlib
import socket
import threading
from dataclasses import dataclass, field
from enum import Enum, auto
from typing import Self

from tests.servers.processes import HOST

_PUBACK = 0x40
_CHUNK = 64 * 1024


class Fault(Enum):
    """What becomes of the connections that stand; later ones are whole again."""

    NONE = auto()
    SILENT = auto()  # nothing in either direction, not even the end of the connection
    DEAF_BROKER = auto()  # what the service sends is lost; what the broker sends arrives


@dataclass(slots=True, kw_only=True)
class _Connection:
    service: socket.socket
    broker: socket.socket
    fault: Fault = Fault.NONE
    unread: bytes = b""  # the beginning of a packet of the service's


@dataclass(slots=True)
class TcpProxy:
    """Forwards within `with`."""

    target_port: int
    acknowledged: int = 0  # PUBACKs that went through to the broker
    _connections: list[_Connection] = field(default_factory=list)
    _listener: socket.socket = field(init=False)

    def __enter__(self) -> Self:
        self._listener = socket.create_server((HOST, 0))
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        # A close alone would not wake who waits in `accept`.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            _end(connection.service)
            _end(connection.broker)

    @property
    def url(self) -> str:
        """As `IOT_MAINT_MQTT_URL` takes it."""
        return f"mqtt://{HOST}:{self._listener.getsockname()[1]}"

    @property
    def connections(self) -> int:
        """How many there were so far."""
        return len(self._connections)

    def fail(self, fault: Fault) -> None:
        for connection in self._connections:
            connection.fault = fault

    def _accept(self) -> None:
        while True:
            try:
                service, _ = self._listener.accept()
            except OSError:
                return
            try:
                broker = socket.create_connection((HOST, self.target_port))
            except OSError:
                _end(service)
                continue
            connection = _Connection(service=service, broker=broker)
            self._connections.append(connection)
            threading.Thread(target=self._to_broker, args=(connection,), daemon=True).start()
            threading.Thread(target=self._to_service, args=(connection,), daemon=True).start()

    def _to_broker(self, connection: _Connection) -> None:
        while data := _receive(connection.service):
            if connection.fault is Fault.NONE:
                self._count_acknowledgements(connection, data)
                _send(connection.broker, data)
        if connection.fault is not Fault.SILENT:
            _end(connection.broker)

    def _to_service(self, connection: _Connection) -> None:
        while data := _receive(connection.broker):
            if connection.fault is not Fault.SILENT:
                _send(connection.service, data)
        if connection.fault is not Fault.SILENT:
            _end(connection.service)

    def _count_acknowledgements(self, connection: _Connection, data: bytes) -> None:
        """Everything that the service sends is short: a length of one byte, but for a long subscription."""
        data = connection.unread + data
        start = 0
        while len(data) - start >= 2 and len(data) - start >= 2 + data[start + 1]:
            assert data[start + 1] < 0x80
            self.acknowledged += data[start] == _PUBACK
            start += 2 + data[start + 1]
        connection.unread = data[start:]


def _receive(source: socket.socket) -> bytes:
    try:
        return source.recv(_CHUNK)
    except OSError:
        return b""


def _send(target: socket.socket, data: bytes) -> None:
    with contextlib.suppress(OSError):  # the next reading ends it
        target.sendall(data)


def _end(one: socket.socket) -> None:
    with contextlib.suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
