"""Ends and verdicts of orders, on both databases, and when several people judge at once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from iot_maint.catalog.load import load_catalog
from iot_maint.domain.errors import Conflict
from iot_maint.domain.feedback import EndedQuery, FaultQuery
from iot_maint.domain.queries import PageRequest, WorkOrderQuery
from iot_maint.domain.verdicts import Judgement, Verdict
from iot_maint.domain.work_orders import EntryKind, Origin, TimelineEntry, Transition, WorkOrder, WorkOrderStatus
from iot_maint.services.feedback.faults import FILE, KnownFault, confirmed_faults, false_alarms, labels_of
from iot_maint.services.feedback.judging import Judge, VerdictWish, judge_order, revise_verdict
from iot_maint.services.transitions import transition_order
from iot_maint.storage.relational.database import RelationalDatabase
from tests.api_builders import StandingClock
from tests.builders import T0, a_work_order, an_evidence
from tests.racing import race

HOUR = timedelta(hours=1)
CATALOG = load_catalog()
REAL = Judgement(
    verdict=Verdict.REAL_FAULT, at=T0 + HOUR, by="zhang", found_mode="PMP-CAV", failed_at=T0, parts="滤网 × 1"
)
SPAN = EndedQuery(since=T0, until=T0 + timedelta(days=30))


def said(verdict: Verdict, by: str = "zhang") -> Judge:
    def judge(order: WorkOrder, at: datetime) -> Judgement:
        return judge_order(VerdictWish(verdict=verdict), CATALOG, by, order, at)

    return judge


def an_entry(kind: EntryKind, rule: str, at: datetime = T0) -> TimelineEntry:
    return TimelineEntry(kind=kind, at=at, recorded_at=at, by="rules", rule=rule, evidence=an_evidence(rule))


def a_step(transition: Transition, at: datetime) -> TimelineEntry:
    return TimelineEntry(kind=EntryKind.TRANSITION, at=at, recorded_at=at, by="zhang", transition=transition)


def an_ended(number: str, judgement: Judgement | None = None, *entries: TimelineEntry, ended: int = 4) -> WorkOrder:
    return replace(
        a_work_order(number, fault_mode="PMP-BEAR", status=WorkOrderStatus.CLOSED, timeline=entries),
        ended_at=T0 + ended * HOUR,
        judgement=judgement,
    )


def add(database: RelationalDatabase, *orders: WorkOrder) -> None:
    with database.transaction() as repositories:
        for order in orders:
            assert repositories.orders.add(order)


def get(database: RelationalDatabase, number: str) -> WorkOrder:
    with database.reading() as repositories:
        order = repositories.orders.get(number)
    assert order is not None
    return order


def test_a_judged_order_comes_back_as_it_was_stored(database: RelationalDatabase) -> None:
    entry = replace(a_step(Transition.CLOSE, T0), judgement=REAL)
    order = an_ended("WO-1", REAL, entry)
    add(database, order, an_ended("WO-2"))
    assert get(database, "WO-1") == order
    assert get(database, "WO-2").judgement is None


def test_a_verdict_is_replaced_only_while_the_order_stands_as_it_was_seen(database: RelationalDatabase) -> None:
    add(database, an_ended("WO-1"))
    with database.transaction() as repositories:
        assert not repositories.feedback.judge("WO-1", WorkOrderStatus.CANCELLED, REAL)
        assert repositories.feedback.judge("WO-1", WorkOrderStatus.CLOSED, REAL)
    assert get(database, "WO-1").judgement == REAL
    with database.transaction() as repositories:
        assert repositories.feedback.judge("WO-1", WorkOrderStatus.CLOSED, None)
    assert get(database, "WO-1").judgement is None


def test_an_order_that_is_opened_again_has_neither_end_nor_verdict(database: RelationalDatabase) -> None:
    add(database, an_ended("WO-1", REAL))
    with database.transaction() as repositories:
        assert repositories.orders.set_status("WO-1", WorkOrderStatus.CLOSED, WorkOrderStatus.OPEN)
    opened = get(database, "WO-1")
    assert (opened.ended_at, opened.judgement) == (None, None)


def test_orders_are_found_by_verdict_and_by_the_lack_of_one(database: RelationalDatabase) -> None:
    manual = replace(an_ended("WO-4"), origin=Origin.MANUAL)
    add(database, an_ended("WO-1", REAL), an_ended("WO-2"), a_work_order("WO-3", fault_mode="PMP-BEAR"), manual)

    def found(query: WorkOrderQuery) -> list[str]:
        with database.reading() as repositories:
            return [order.number for order in repositories.orders.page(query, PageRequest(sort="number")).items]

    assert found(WorkOrderQuery(verdicts=frozenset({Verdict.REAL_FAULT}))) == ["WO-1"]
    assert found(WorkOrderQuery(unjudged=True)) == ["WO-2"]
    assert found(WorkOrderQuery(unjudged=True, verdicts=frozenset({Verdict.REAL_FAULT}))) == ["WO-1", "WO-2"]
    assert found(WorkOrderQuery()) == ["WO-1", "WO-2", "WO-3", "WO-4"]


def test_an_ended_order_names_its_sources_and_the_steps_that_count(database: RelationalDatabase) -> None:
    story = (
        an_entry(EntryKind.OPENED, "pump.a"),
        an_entry(EntryKind.EVIDENCE_ADDED, "model.drift"),
        an_entry(EntryKind.ALARM_EASED, "pump.eased"),
        a_step(Transition.ARRIVE, T0 + HOUR / 4),
        a_step(Transition.ARRIVE, T0 + HOUR / 2),
        a_step(Transition.COMPLETE, T0 + HOUR),
        an_entry(EntryKind.EVIDENCE_ADDED, "pump.after_the_verdict", T0 + 2 * HOUR),
    )
    add(database, an_ended("WO-1", REAL, *story), an_ended("WO-2", None, *story, ended=3))
    with database.reading() as repositories:
        judged, unjudged = repositories.feedback.ended(SPAN, 10)
        evidence = repositories.feedback.evidence_of("pump.eased", ["WO-1"])
        drift = repositories.feedback.evidence_of("model.drift", ["WO-1", "WO-2"])
    assert (judged.number, judged.sources) == ("WO-1", ("model.drift", "pump.a"))
    assert (judged.attended_at, judged.finished_at) == (T0 + HOUR / 4, T0 + HOUR)
    assert (judged.verdict, judged.found_mode, judged.failed_at) == (Verdict.REAL_FAULT, "PMP-CAV", T0)
    assert unjudged.sources == ("model.drift", "pump.a", "pump.after_the_verdict")
    assert evidence == {"WO-1": []}
    assert [one.rule for one in (*drift["WO-1"], *drift["WO-2"])] == ["model.drift", "model.drift"]


def test_the_lead_counts_from_whoever_spoke_first(database: RelationalDatabase) -> None:
    planned = an_entry(EntryKind.OPENED, "forecast.trend", T0 - timedelta(days=5))
    due = an_entry(EntryKind.EVIDENCE_ADDED, "pump.a")
    add(database, an_ended("WO-1", REAL, planned, due), an_ended("WO-2", REAL, due, ended=3))
    with database.reading() as repositories:
        forecast, alarm = repositories.feedback.ended(SPAN, 10)
    assert forecast.raised_at == T0 - timedelta(days=5)
    assert alarm.raised_at == T0


def test_ended_orders_are_asked_for_by_what_they_are_and_the_newest_come_first(database: RelationalDatabase) -> None:
    opened = an_entry(EntryKind.OPENED, "pump.a")
    add(
        database,
        an_ended("WO-1", None, opened, ended=1),
        an_ended("WO-2", REAL, an_entry(EntryKind.OPENED, "pump.b"), ended=2),
        replace(an_ended("WO-3", ended=3), equipment="P-2", site="s2", fault_mode="PMP-DRY"),
        replace(an_ended("WO-4"), origin=Origin.MANUAL),
        a_work_order("WO-5"),
    )

    def found(query: EndedQuery, limit: int = 10) -> list[str]:
        with database.reading() as repositories:
            return [order.number for order in repositories.feedback.ended(query, limit)]

    assert found(SPAN) == ["WO-3", "WO-2", "WO-1"]
    assert found(SPAN, 2) == ["WO-3", "WO-2"]
    assert found(replace(SPAN, since=T0 + 2 * HOUR, until=T0 + 3 * HOUR)) == ["WO-2"]
    for narrowed in (
        replace(SPAN, site="s2"),
        replace(SPAN, equipment="P-2"),
        replace(SPAN, fault_mode="PMP-DRY"),
    ):
        assert found(narrowed) == ["WO-3"], narrowed
    assert found(replace(SPAN, equipment_type="elevator")) == []
    assert found(replace(SPAN, rule="pump.a")) == ["WO-1"]


def test_confirmed_faults_and_false_alarms_are_read_whole(database: RelationalDatabase) -> None:
    false = replace(REAL, verdict=Verdict.NOT_FOUND, found_mode=None, failed_at=None)
    add(database, an_ended("WO-1", REAL), an_ended("WO-2", false), an_ended("WO-3"))
    with database.reading() as repositories:
        (fault,) = confirmed_faults(repositories)
        (alarm,) = false_alarms(repositories, "P-1")
        assert list(confirmed_faults(repositories, "P-2")) == []
        assert list(confirmed_faults(repositories, since=T0 + HOUR)) == []
        assert list(false_alarms(repositories, since=T0 + HOUR, until=T0 + 2 * HOUR)) == [alarm]
        page = repositories.feedback.faults(FaultQuery(verdicts=frozenset(Verdict)), PageRequest(limit=1))
        assert page.next_cursor is not None
    assert (fault.equipment, fault.fault_mode, fault.onset_at, fault.over_at) == ("P-1", "PMP-CAV", T0, T0)
    assert (alarm.order, alarm.verdict, alarm.over_at) == ("WO-2", Verdict.NOT_FOUND, T0 + 4 * HOUR)


def test_only_a_confirmed_fault_of_an_ended_order_is_known_to_a_backtest(database: RelationalDatabase) -> None:
    mended = a_step(Transition.COMPLETE, T0 + 3 * HOUR)
    other = replace(REAL, found_mode=None, failed_at=None)
    nothing = replace(other, verdict=Verdict.FALSE_ALARM)
    completed = replace(an_ended("WO-4", other), status=WorkOrderStatus.COMPLETED, ended_at=None, fault_mode="PMP-D")
    taken_back = replace(an_ended("WO-5"), status=WorkOrderStatus.CANCELLED, ended_at=None, equipment="P-2")
    add(
        database,
        an_ended("WO-1", other, mended),
        an_ended("WO-2", nothing),
        an_ended("WO-3", None, mended),
        completed,
        taken_back,
        replace(an_ended("WO-6"), origin=Origin.REPORT),
        replace(an_ended("WO-7", REAL), equipment="P-9"),
    )
    with database.reading() as repositories:
        labels = labels_of(repositories, {"P-1", "P-2"})

    assert [(one.source, one.onset, one.failure) for one in labels.faults] == [("WO-1", T0, T0 + 3 * HOUR)]
    without_end = datetime.max.replace(tzinfo=UTC)
    assert [(one.source, one.failure) for one in labels.undecided] == [
        ("WO-3", T0 + 3 * HOUR),
        ("WO-4", without_end),
        ("WO-5", taken_back.raised_at),
    ]


def test_a_fault_of_an_order_is_seen_up_to_a_week_before_its_onset_and_that_of_a_file_is_not() -> None:
    known = KnownFault(equipment="P-1", fault_mode="", onset=T0, failure=T0 + HOUR, source="WO-1")

    assert known.covers("P-1", "PMP-BEAR", T0 - timedelta(days=7))
    assert not known.covers("P-1", "PMP-BEAR", T0 + 2 * HOUR)
    assert not known.covers("P-2", "PMP-BEAR", T0)
    assert not replace(known, fault_mode="PMP-CAV").covers("P-1", "PMP-BEAR", T0)
    assert not replace(known, source=FILE).covers("P-1", "PMP-BEAR", T0 - HOUR)


def test_of_many_who_judge_at_once_the_last_in_the_story_is_in_force(database: RelationalDatabase) -> None:
    add(database, an_ended("WO-1"))

    def judge(verdict: Verdict) -> None:
        with database.transaction() as repositories:
            revise_verdict(repositories, "WO-1", said(verdict), by="zhang", note="", clock=StandingClock(), channels=())

    race(judge, list(Verdict))

    order = get(database, "WO-1")
    assert {entry.judgement.verdict for entry in order.timeline if entry.judgement} == set(Verdict)
    assert order.judgement == order.timeline[-1].judgement


def test_an_order_is_never_open_and_judged_however_judging_and_reopening_meet(database: RelationalDatabase) -> None:
    for number in range(10):
        add(database, replace(an_ended(f"WO-{number}"), fault_mode=f"fault-{number}"))

        def act(reopens: bool, order: str = f"WO-{number}") -> bool:
            try:
                with database.transaction() as repositories:
                    if reopens:
                        step = Transition.REOPEN
                        transition_order(
                            repositories, order, step, by="li", note="", clock=StandingClock(), channels=()
                        )
                    else:
                        judge = said(Verdict.NOT_FOUND)
                        revise_verdict(
                            repositories, order, judge, by="zhang", note="", clock=StandingClock(), channels=()
                        )
            except Conflict:
                return False
            return True

        reopened, _ = race(act, [True, False])

        assert reopened
        after = get(database, f"WO-{number}")
        assert (after.status, after.judgement, after.ended_at) == (WorkOrderStatus.OPEN, None, None)


def test_of_two_who_close_with_different_verdicts_one_closes_and_its_verdict_stands(
    database: RelationalDatabase,
) -> None:
    add(database, a_work_order("WO-1", fault_mode="PMP-BEAR"))

    def close(verdict: Verdict) -> bool:
        try:
            with database.transaction() as repositories:
                transition_order(
                    repositories,
                    "WO-1",
                    Transition.CLOSE,
                    by="zhang",
                    note="",
                    clock=StandingClock(),
                    channels=(),
                    judge=said(verdict),
                )
        except Conflict:
            return False
        return True

    racers = [Verdict.REAL_FAULT, Verdict.FALSE_ALARM]
    closed = race(close, racers)

    assert sorted(closed) == [False, True]
    order = get(database, "WO-1")
    assert order.judgement is not None
    assert order.judgement.verdict is racers[closed.index(True)]
    assert len(order.timeline) == 1
