"""A real Dask scheduler with workers, each a process, on loopback; in the clear or with TLS."""

import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from tests.servers.absence import without
from tests.servers.certificates import Certificate
from tests.servers.processes import HOST, ServerProcess, accepts_connections, free_port

ROOT = Path(__file__).parents[2]


@dataclass(slots=True, kw_only=True)
class DaskCluster:
    """`tls`: the authority's certificate, and the cluster's own."""

    folder: Path
    workers: int = 2
    tls: tuple[Path, Certificate] | None = None
    port: int = field(default_factory=free_port)
    _processes: list[ServerProcess] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"{'tls' if self.tls is not None else 'tcp'}://{HOST}:{self.port}"

    def start(self) -> None:
        if subprocess.run([sys.executable, "-c", "import distributed"], check=False, capture_output=True).returncode:
            without("Dask")
        protocol = self.address.partition(":")[0]
        self._start("scheduler", "--protocol", protocol, "--host", HOST, "--port", str(self.port))
        for number in range(self.workers):
            self._start("worker", self.address, "--nthreads", "1", "--no-nanny", "--name", str(number))

    def stop(self) -> None:
        while self._processes:
            self._processes.pop().stop()

    @property
    def worker_pids(self) -> list[int]:
        return [process.pid for process in self._processes[1:]]

    def _start(self, role: str, *arguments: str) -> None:
        shared = ["--no-dashboard"]
        if self.tls is not None:
            authority, own = self.tls
            shared += ["--tls-ca-file", str(authority), "--tls-cert", str(own.certificate), "--tls-key", str(own.key)]
        log = self.folder / f"{role}-{len(self._processes)}.log"

        def is_ready() -> bool:
            return accepts_connections(self.port) if role == "scheduler" else b"Registered to" in log.read_bytes()

        # The workers import what the tests send them from here.
        program = ["env", f"PYTHONPATH={ROOT}", sys.executable, "-m", "dask"]
        process = ServerProcess(command=[*program, role, *arguments, *shared], is_ready=is_ready, log=log)
        self._processes.append(process)
        process.start()
