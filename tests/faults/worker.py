"""`iot-maint ingest` as a child process that can be killed, rigged and started again on what it left behind."""

import shutil
import signal
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import create_engine, text

from iot_maint.bootstrap.installation import installation_id
from tests.e2e.service import Service, wait_until
from tests.servers.processes import ServerProcess

CONNECTED = "connected to broker"
_RIGGED = Path(__file__).with_name("rigged.py")


@dataclass(slots=True, kw_only=True)
class Worker:
    """One installation of the product and its one ingest process; `environment` may be changed between starts."""

    folder: Path
    environment: dict[str, str]
    start_within_s: float = 60
    _process: ServerProcess | None = field(default=None, init=False)
    _log_before: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        self.environment.setdefault("IOT_MAINT_DATABASE_URL", f"sqlite:///{self.data_dir / 'iot-maint.db'}")

    @property
    def data_dir(self) -> Path:
        return self.folder / "data"

    @property
    def spool(self) -> Path:
        return self.data_dir / "spool-1.db"

    @property
    def client_id(self) -> str:
        return f"iot-maint-{installation_id(self.data_dir)[:8]}-1"

    def prepare_from(self, prepared: Path) -> None:
        """The data directory of an installation with the register of the traffic's pumps."""
        shutil.copytree(prepared, self.data_dir, dirs_exist_ok=True)

    def start(self, rig: Sequence[str] = (), *, wait: bool = True) -> None:
        """Until it has subscribed, or only until it runs."""
        self._log_before = len(self._whole_log())
        command = (
            [sys.executable, str(_RIGGED), *rig, "--", "ingest"]
            if rig
            else [sys.executable, "-m", "iot_maint", "ingest"]
        )
        settings = {**self.environment, "IOT_MAINT_DATA_DIR": str(self.data_dir)}
        self._process = ServerProcess(
            command=["env", *(f"{name}={value}" for name, value in settings.items()), *command],
            is_ready=lambda: not wait or CONNECTED in self.log,
            log=self._log_file,
            start_within_s=self.start_within_s,
        )
        self._process.start()

    def stop(self) -> None:
        if self._process is not None:
            self._process.stop()

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()

    def wait_ended(self, within_s: float = 60) -> int:
        """How it ended by itself: its exit status, or less a signal's number."""
        wait_until(lambda: not self.running, within_s, "the worker to end")
        status = self._process.exit_status if self._process is not None else None
        assert status is not None
        return status

    def wait_killed(self, within_s: float = 60) -> None:
        assert self.wait_ended(within_s) == -signal.SIGKILL, self.log

    def wait_logged(self, words: str, within_s: float = 60) -> None:
        """Since its last start."""
        try:
            wait_until(lambda: words in self.log, within_s, f"{words!r} in the log")
        except AssertionError as error:
            raise AssertionError(f"{error}:\n{self.log[-3000:]}") from None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.running

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def log(self) -> str:
        """What it said since its last start."""
        return self._whole_log()[self._log_before :]

    def run(self, *arguments: str) -> str:
        """A command of the installation, to its end; its standard output."""
        return Service(folder=self.folder, environment=self.environment).run(*arguments)

    def orders(self) -> list[tuple[str, str]]:
        """(equipment, fault mode) of all work orders, past the service."""
        engine = create_engine(self.environment["IOT_MAINT_DATABASE_URL"])
        try:
            with engine.connect() as connection:
                rows = connection.execute(text("SELECT equipment, fault_mode FROM work_orders ORDER BY equipment"))
                return [(str(row[0]), str(row[1])) for row in rows]
        finally:
            engine.dispose()

    def resident_kb(self, name: str = "VmRSS") -> int:
        """`VmRSS`, or `VmHWM` for the most since `forget_peak`."""
        status = Path(f"/proc/{self.pid}/status").read_text()
        return int(next(line for line in status.splitlines() if line.startswith(name)).split()[1])

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    @property
    def _log_file(self) -> Path:
        return self.folder / "ingest.log"

    def _whole_log(self) -> str:
        return self._log_file.read_text("utf-8", "replace") if self._log_file.exists() else ""
