"""InfluxDB over httpx: InfluxQL at `/query`, and the bucket's retention.  Writing has its own client."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Literal

import httpx
import msgspec

from iot_maint.domain.errors import StoreRefused
from iot_maint.storage.telemetry.answers import error_of, unreachable
from iot_maint.storage.telemetry.influxql import Series, read_answer
from iot_maint.storage.telemetry.urls import InfluxAddress

_DAY_S = 86_400


class _RetentionRule(msgspec.Struct, rename="camel"):
    every_seconds: int = 0


class _Bucket(msgspec.Struct, rename="camel"):
    id: str
    retention_rules: list[_RetentionRule] = []


class _Buckets(msgspec.Struct):
    buckets: list[_Bucket] = []


class InfluxQueries:
    """Asks one bucket; raises `StoreUnavailable` and `StoreRefused`."""

    def __init__(self, address: InfluxAddress, *, connect_timeout: timedelta, timeout: timedelta) -> None:
        self._address = address
        # A bucket `db/rp` is InfluxQL's database `db` with the retention policy `rp`.
        database, _, policy = address.bucket.partition("/")
        self._database = {"db": database, "rp": policy} if policy else {"db": database}
        self._client = httpx.Client(
            base_url=address.base_url,
            headers={"Authorization": f"Token {address.token}"},
            timeout=httpx.Timeout(timeout.total_seconds(), connect=connect_timeout.total_seconds()),
            # The store is the installation's own: a proxy for the way out is not asked.
            trust_env=False,
            # Of the system's authorities, as for writing: httpx alone would bring a list of its own.
            verify=address.tls_context() or True,
        )

    def ask(self, statements: str, values: Mapping[str, str] | None = None) -> list[list[Series]]:
        """The tables of each statement; `values` are bound to `$name`, times are epoch ms."""
        form = {**self._database, "q": statements, "epoch": "ms", "params": msgspec.json.encode(values or {}).decode()}
        return read_answer(self._send("POST", "/query", data=form))

    def retention_days(self) -> float | None:
        """For how long the bucket keeps its points; `None` is for ever."""
        seconds = max((rule.every_seconds for rule in self._find_bucket().retention_rules), default=0)
        return seconds / _DAY_S or None

    def set_retention(self, days: int | None) -> None:
        """Let the bucket forget points older than that; `None` keeps them for ever."""
        seconds = (days or 0) * _DAY_S
        rule = {"type": "expire", "everySeconds": seconds, "shardGroupDurationSeconds": _shard_group_s(seconds)}
        body = msgspec.json.encode({"retentionRules": [rule]})
        self._send("PATCH", f"/api/v2/buckets/{self._find_bucket().id}", content=body)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    def _find_bucket(self) -> _Bucket:
        wanted = {"org": self._address.org, "name": self._address.bucket}
        found = msgspec.json.decode(self._send("GET", "/api/v2/buckets", params=wanted), type=_Buckets)
        if not found.buckets:
            raise StoreRefused(404, f"InfluxDB has no bucket {self._address.bucket!r} that this token may see")
        return found.buckets[0]

    def _send(
        self,
        method: Literal["GET", "POST", "PATCH"],
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> bytes:
        try:
            answer = self._client.request(method, path, params=params, data=data, content=content)
        except httpx.TransportError as error:
            raise unreachable(self._address, error) from error
        if not answer.is_success:
            raise error_of(answer.status_code, answer.text, answer.headers)
        return answer.content


def _shard_group_s(retention_s: int) -> int:
    """InfluxDB's own defaults: a shard group must be shorter than the retention."""
    if retention_s == 0 or retention_s >= 180 * _DAY_S:
        return 7 * _DAY_S
    return _DAY_S if retention_s >= 2 * _DAY_S else 3_600
