"""Any walk through the steps of work orders: the service agrees with the contract's table, whatever comes before."""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.api_builders import ApiUnderTest, an_api
from tests.builders import DWELL, T0, an_alarm_event, an_equipment

# As the contract writes it, not as the code does.
TABLE: Mapping[str, tuple[str, str]] = {
    "dispatch": ("planned open", "dispatched"),
    "acknowledge": ("dispatched", "acknowledged"),
    "arrive": ("dispatched acknowledged", "in_progress"),
    "pause": ("in_progress", "paused"),
    "resume": ("paused", "in_progress"),
    "complete": ("in_progress", "completed"),
    "verify": ("completed", "verified"),
    "close": ("open completed verified", "closed"),
    "reopen": ("completed verified closed cancelled", "open"),
    "cancel": ("planned open dispatched acknowledged in_progress paused", "cancelled"),
}
ENDED = {"closed", "cancelled"}
DONE = {"completed", "verified"}
JUDGING = {"complete", "verify", "close", "cancel"}
VERDICTS = st.sampled_from([None, "real_fault", "false_alarm", "sensor_fault", "not_found"])
ORDERS = "/api/v1/work-orders"


class WorkOrders(RuleBasedStateMachine):
    """One fault of one pump, raised again and again, and a person who tries every step."""

    api: ApiUnderTest

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory(prefix="iot-maint-")
        self.statuses: dict[str, str] = {}
        self.verdicts: dict[str, str | None] = {}
        self.raised = 0

    @initialize()
    def start(self) -> None:
        self.api = an_api(Path(self.folder.name))
        self.api.register(an_equipment("P-1"))
        self.raise_alarm()

    @rule()
    def raise_alarm(self) -> None:
        """A new alarm of the fault: it opens an order, adds to the open one, or reopens one that is done."""
        self.raised += 1
        event = an_alarm_event(fault_mode="PMP-BEAR", raised_at=T0 + DWELL + self.raised * timedelta(days=1))
        number = self.api.happen(event).number
        standing = [number for number, status in self.statuses.items() if status not in ENDED]
        if not standing:
            assert number not in self.statuses
            self.statuses[number], self.verdicts[number] = "open", None
            return
        assert [number] == standing
        if self.statuses[number] in DONE:
            self.statuses[number], self.verdicts[number] = "open", None

    @rule(data=st.data(), verdict=VERDICTS)
    def judge(self, data: st.DataObject, verdict: str | None) -> None:
        """A verdict is said, mended or taken back once the work is done, and never before."""
        number = data.draw(st.sampled_from(sorted(self.statuses)))
        path = f"{ORDERS}/{number}/verdict"
        writer = self.api.writer
        answer = writer.put(path, json={"verdict": verdict}) if verdict is not None else writer.delete(path)
        assert answer.status_code == (200 if self.statuses[number] in ENDED | DONE else 409)
        if answer.status_code == 200:
            self.verdicts[number] = verdict

    @rule(data=st.data(), step=st.sampled_from(sorted(TABLE)), verdict=VERDICTS)
    def step(self, data: st.DataObject, step: str, verdict: str | None) -> None:
        number = data.draw(st.sampled_from(sorted(self.statuses)))
        sources, target = TABLE[step]
        status = self.statuses[number]
        beside = any(other != number and s not in ENDED for other, s in self.statuses.items())
        body = {"verdict": verdict} if verdict is not None and step in JUDGING else {}
        answer = self.api.writer.post(f"{ORDERS}/{number}/{step}", json=body)
        if status not in sources.split():
            assert answer.status_code == 409
            legal = [name for name, (froms, _) in TABLE.items() if status in froms.split()]
            assert sorted(answer.json()["legal"]) == sorted(legal)
        elif status in ENDED and beside:
            assert answer.status_code == 409
            assert "legal" not in answer.json()
        else:
            assert answer.json()["status"] == target
            self.statuses[number] = target
            self.verdicts[number] = None if step == "reopen" else body.get("verdict") or self.verdicts[number]

    @invariant()
    def the_list_agrees(self) -> None:
        if not self.statuses:
            return
        orders = self.api.reader.get(ORDERS).json()["items"]
        listed = {one["number"]: one["status"] for one in orders}
        assert listed == self.statuses
        assert {one["number"]: one["verdict"] for one in orders} == self.verdicts
        assert all((one["ended_at"] is not None) is (one["status"] in ENDED) for one in orders)
        assert sum(status not in ENDED for status in listed.values()) <= 1

    def teardown(self) -> None:
        self.api.context.telemetry.close()
        self.api.database.close()
        self.folder.cleanup()


TestWorkOrders = WorkOrders.TestCase
TestWorkOrders.settings = settings(
    max_examples=8, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
