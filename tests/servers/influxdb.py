"""A real InfluxDB 2.x on a free loopback port: set up once, a fresh bucket for each test."""

import secrets
import ssl
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from tests.servers.certificates import Certificate
from tests.servers.processes import HOST, ServerProcess, free_port

ORG = "iot-maint-tests"


@dataclass(slots=True, kw_only=True)
class InfluxdbServer:
    """influxd with its data in `folder`; `token` may do everything."""

    program: Path
    folder: Path
    host: str = HOST
    port: int = field(default_factory=free_port)
    org: str = ORG
    token: str = field(default_factory=lambda: secrets.token_hex(16))
    tls: Certificate | None = None
    authority: Path | None = None  # who has signed it
    process: ServerProcess = field(init=False)

    def __post_init__(self) -> None:
        self.process = ServerProcess(
            command=[
                str(self.program),
                f"--bolt-path={self.folder / 'influxd.bolt'}",
                f"--engine-path={self.folder / 'engine'}",
                f"--sqlite-path={self.folder / 'influxd.sqlite'}",
                f"--http-bind-address={self.host}:{self.port}",
                "--reporting-disabled",
                *self._tls_options(),
            ],
            is_ready=self._is_healthy,
            log=self.folder / "influxd.log",
            start_within_s=60.0,
        )

    @property
    def url(self) -> str:
        return f"http{'' if self.tls is None else 's'}://{self.host}:{self.port}"

    def start(self) -> None:
        self.process.start()

    def stop(self) -> None:
        self.process.stop()

    def kill(self) -> None:
        self.process.kill()

    def set_up(self) -> None:
        """The first-run setup: makes the organisation and the token."""
        answer = httpx.post(
            f"{self.url}/api/v2/setup",
            json={
                "username": "admin",
                "password": secrets.token_hex(16),
                "org": self.org,
                "bucket": "first",
                "token": self.token,
            },
            timeout=30,
            verify=self.verify,
        )
        answer.raise_for_status()

    def create_bucket(self, name: str) -> "InfluxdbBucket":
        """A bucket that InfluxQL finds as a database of the same name."""
        with self._client() as client:
            orgs = client.get("/api/v2/orgs", params={"org": self.org}).raise_for_status().json()
            client.post(
                "/api/v2/buckets",
                json={"orgID": orgs["orgs"][0]["id"], "name": name, "retentionRules": []},
            ).raise_for_status()
        return InfluxdbBucket(server=self, bucket=name)

    def delete_bucket(self, name: str) -> None:
        with self._client() as client:
            found = client.get("/api/v2/buckets", params={"name": name, "org": self.org})
            for bucket in found.raise_for_status().json()["buckets"]:
                client.delete(f"/api/v2/buckets/{bucket['id']}").raise_for_status()

    def _client(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.url,
            headers={"Authorization": f"Token {self.token}"},
            timeout=30,
            trust_env=False,
            verify=self.verify,
        )

    @property
    def verify(self) -> ssl.SSLContext | bool:
        """As httpx takes it."""
        return True if self.authority is None else ssl.create_default_context(cafile=self.authority)

    def _tls_options(self) -> list[str]:
        return [] if self.tls is None else [f"--tls-cert={self.tls.certificate}", f"--tls-key={self.tls.key}"]

    def _is_healthy(self) -> bool:
        try:
            answer = httpx.get(f"{self.url}/health", timeout=2, trust_env=False, verify=self.verify)
        except httpx.TransportError:
            return False
        return answer.status_code == httpx.codes.OK


@dataclass(frozen=True, slots=True, kw_only=True)
class InfluxdbBucket:
    """One test's bucket; `server` is there for stop, kill, pause and start again."""

    server: InfluxdbServer
    bucket: str

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def org(self) -> str:
        return self.server.org

    @property
    def token(self) -> str:
        return self.server.token

    @property
    def telemetry_url(self) -> str:
        """As `IOT_MAINT_TELEMETRY_URL` takes it."""
        scheme = "influxdb" if self.server.tls is None else "influxdbs"
        return f"{scheme}://:{self.token}@{self.server.host}:{self.server.port}/{self.org}/{self.bucket}"

    def write(self, lines: str) -> None:
        """Line protocol with times in ms, written past the product."""
        self._request("POST", "/api/v2/write", content=lines.encode())

    def query(self, influxql: str) -> list[dict[str, object]]:
        """InfluxQL rows past the product: one dict a row, tags of a GROUP BY among its keys, time in ms.

        Raises AssertionError on InfluxDB's own error, which comes as HTTP 200.
        """
        answer = self._request("GET", "/query", db=self.bucket, q=influxql, epoch="ms").json()
        rows: list[dict[str, object]] = []
        for result in answer["results"]:
            assert "error" not in result, result["error"]
            for series in result.get("series", []):
                tags = {"measurement": series.get("name"), **series.get("tags", {})}
                rows += [tags | dict(zip(series["columns"], row, strict=True)) for row in series.get("values", [])]
        return rows

    def _request(self, method: str, path: str, *, content: bytes | None = None, **params: str) -> httpx.Response:
        headers = {"Authorization": f"Token {self.token}"}
        if content is not None:
            params = {"org": self.org, "bucket": self.bucket, "precision": "ms"}
        with httpx.Client(
            base_url=self.url, headers=headers, timeout=30, trust_env=False, verify=self.server.verify
        ) as client:
            return client.request(method, path, content=content, params=params).raise_for_status()
