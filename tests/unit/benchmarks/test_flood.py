import json
from itertools import islice

from benchmarks.flood import backlog, equipment_codes
from benchmarks.traffic import STEP_MS


def test_the_backlog_is_five_fields_of_each_equipment_in_turn() -> None:
    messages = list(backlog(5, 2, t0_ms=1000))

    assert [topic.split("/")[3] for topic, _ in messages] == [*equipment_codes(2), *equipment_codes(2), "BP-0001"]
    documents = [json.loads(payload) for _, payload in messages]
    assert [document["ts"] - 1000 for document in documents] == [0, 0, STEP_MS, STEP_MS, 2 * STEP_MS]
    assert all(len(document["values"]) == 5 for document in documents)


def test_the_same_seed_gives_the_same_backlog() -> None:
    assert list(islice(backlog(50, 7, 0), 50)) == list(backlog(50, 7, 0))
