"""Where each message is in the end: exactly once in the telemetry store or among the dead letters."""

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from iot_maint.storage.dead_letter_archive import open_dead_letters
from tests.e2e.service import wait_until
from tests.faults.traffic import Key, Traffic
from tests.servers.influxdb import InfluxdbBucket


@dataclass(frozen=True, slots=True, kw_only=True)
class Oracle:
    """Looks past the running service: into the real InfluxDB, and into the spool's file."""

    traffic: Traffic
    store: InfluxdbBucket
    data_dir: Path

    def wait_all_accounted_for(self, within_s: float = 60) -> None:
        """Until every message that was made is in one of both places; then it is there once, with its own time."""
        try:
            wait_until(lambda: self._count() >= self.traffic.made, within_s, "every message to be somewhere")
        finally:
            self.assert_exactly_once()

    def wait_stored(self, more_than: int, within_s: float = 60) -> None:
        """Until so many are in the store; the same number may be others."""
        wait_until(lambda: self.count_stored() > more_than, within_s, f"more than {more_than} messages to be stored")

    def assert_exactly_once(self) -> None:
        sent, stored, dead = self.traffic.keys(), self.stored(), self.dead()
        nowhere = sorted(sent - stored.keys() - dead.keys())
        assert not nowhere, f"{len(nowhere)} of {len(sent)} messages are lost, the first: {nowhere[:5]}"
        everywhere = stored + dead
        several = {key: count for key, count in everywhere.items() if count > 1}
        assert not several, f"{len(several)} messages are there more than once: {list(several.items())[:5]}"
        assert everywhere.keys() == sent

    def stored(self) -> Counter[Key]:
        """Each by its pump and seq, and none at another time than its own."""
        found: Counter[Key] = Counter()
        for row in self.store.query('SELECT "seq" FROM "pump" GROUP BY "equipment"'):
            code, seq, at_ms = str(row["equipment"]), row["seq"], row["time"]
            assert isinstance(seq, int | float)
            assert at_ms == self.traffic.at_ms(int(seq)), f"{code} {seq} is stored at {at_ms}"
            found[code, int(seq)] += 1
        return found

    def dead(self) -> Counter[Key]:
        found: Counter[Key] = Counter()
        with open_dead_letters(self.data_dir) as archive:
            for filed in archive.walk():
                document = json.loads(filed.letter.payload)
                found[filed.letter.topic.split("/")[3], int(document["values"]["seq"])] += 1
        return found

    def count_stored(self) -> int:
        """Cheap: one number of InfluxDB's."""
        rows = self.store.query('SELECT count("seq") FROM "pump"')
        return int(str(rows[0]["count"])) if rows else 0

    def _count(self) -> int:
        with open_dead_letters(self.data_dir) as archive:
            dead = sum(1 for _ in archive.walk())
        return self.count_stored() + dead
