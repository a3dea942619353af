"""The service's own counters and gauges, declared once here and shown at `/metrics`."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from prometheus_client import CollectorRegistry, Counter, Gauge

COUNTERS: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "messages_received": ("MQTT messages received", ()),
    "readings_decoded": ("Readings decoded", ()),
    "values_dropped": ("Values dropped out of otherwise good messages", ("reason",)),
    "messages_left": ("MQTT messages left to the worker whose share they belong to", ()),
    "messages_rejected": ("Messages put among the dead letters", ("reason",)),
    "gateway_deaths": ("Gateways, or devices behind them, that said they are gone", ()),
    "rebirth_requests": ("Times that a Sparkplug node should describe its metrics anew", ("reason",)),
    "batches_spooled": ("Batches made durable in the spool", ()),
    "batches_acknowledged": ("Batches of messages acknowledged to the broker", ()),
    "acknowledgement_s": ("Seconds from reception to acknowledgement, of the longest waiting of each batch", ()),
    "batches_stored": ("Batches moved from the spool to the telemetry store", ()),
    "points_stored": ("Points written to the telemetry store", ("measurement",)),
    "store_failures": ("Failed attempts to reach a store", ("store",)),
    "batches_decided": ("Batches decided by the rules", ()),
    "decide_s": ("Seconds spent on deciding batches", ()),
    "batches_skipped": ("Batches, or one equipment's part of them, that the rules failed on", ()),
    "readings_out_of_range": ("Readings that cannot be: outside the physical range of their metric", ()),
    "readings_jumped": ("Readings that differ from the one before by more than can be", ()),
    "findings": ("Findings of rules", ("kind",)),
    "shadow_findings": ("Findings of rules and models in shadow, recorded and never ordered", ("kind",)),
    "scores_stored": ("Scores of models written to the telemetry store", ()),
    "scores_dropped": ("Scores of models that the telemetry store did not take in time", ()),
    "alarm_events": ("Alarm events saved", ("kind",)),
    "orders_opened": ("Work orders opened", ()),
    "unknown_metrics": ("Readings of metrics that the equipment's type does not declare", ()),
    "dead_letters_expired": ("Dead letters forgotten because of their age", ()),
    "deliveries": ("Order events delivered, delayed or given up", ("channel", "outcome")),
}
GAUGES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "broker_connected": ("1 while connected to the MQTT broker", ()),
    "spool_batches": ("Batches waiting in the spool for the telemetry store", ()),
    "spool_age_s": ("Seconds since reception of the oldest batch that waits for the telemetry store", ()),
    "undecided_batches": ("Batches waiting in the spool for the rules", ()),
    "platform_alarm": ("1 while that alarm of the platform itself stands on this worker", ("kind",)),
    "silent_sensors": ("Sensors whose silence stands as an alarm", ()),
    "silent_equipment": ("Equipment behind a live gateway of which nothing is heard", ()),
    "silent_gateways": ("Gateways, or devices of their own, whose silence stands as an alarm", ()),
    "frozen_series": ("Series whose value has not changed for longer than makes sense", ()),
    "incomplete_series": ("Series of which fewer than 90 % of the expected readings came", ()),
    "skewed_equipment": ("Equipment whose clock is more than a minute off", ()),
    "outbox_depth": ("Order events waiting to be delivered", ()),
}
PREFIX = "iot_maint_"


class Sample(NamedTuple):
    """What one counter or gauge stands at now, under its declared name; `labels` in their declared order."""

    name: str
    labels: tuple[str, ...]
    value: float


class PrometheusMeter:
    """A `Meter` over one Prometheus registry of its own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._counters = {
            name: Counter(PREFIX + name, text, labels, registry=self.registry)
            for name, (text, labels) in COUNTERS.items()
        }
        self._gauges = {
            name: Gauge(PREFIX + name, text, labels, registry=self.registry) for name, (text, labels) in GAUGES.items()
        }

    def count(self, name: str, amount: float = 1, **labels: str) -> None:
        """Add to a counter."""
        counter = self._counters[name]
        (counter.labels(**labels) if labels else counter).inc(amount)

    def set(self, name: str, value: float, **labels: str) -> None:
        """Set a gauge."""
        gauge = self._gauges[name]
        (gauge.labels(**labels) if labels else gauge).set(value)

    def samples(self) -> Iterator[Sample]:
        """Everything that was counted or set; a labelled name only under the labels that occurred."""
        for name, counter in self._counters.items():
            for sample in (sample for family in counter.collect() for sample in family.samples):
                if sample.name.endswith("_total"):
                    yield Sample(name, tuple(sample.labels.values()), sample.value)
        for name, gauge in self._gauges.items():
            for sample in (sample for family in gauge.collect() for sample in family.samples):
                yield Sample(name, tuple(sample.labels.values()), sample.value)

    def total(self, name: str) -> float:
        """A counter's sum over its labels."""
        samples = (sample for family in self._counters[name].collect() for sample in family.samples)
        return sum(sample.value for sample in samples if sample.name.endswith("_total"))
