"""Messages as a file that `replay` and the tests read: one JSON object a line."""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from firmware_sim.simulate import Message


def render(message: Message) -> str:
    """`{"topic": …, "payload": {…}, "received_at": RFC 3339}` without a newline."""
    received = datetime.fromtimestamp(message.at_ms / 1000.0, UTC).isoformat(timespec="milliseconds")
    topic = json.dumps(message.topic, ensure_ascii=False)
    return f'{{"topic":{topic},"payload":{message.payload.decode()},"received_at":"{received}"}}'


def write_jsonl(messages: Iterable[Message], path: Path) -> int:
    """Write all of them in order; returns how many."""
    count = 0
    with path.open("w", encoding="utf-8") as file:
        for message in messages:
            file.write(render(message) + "\n")
            count += 1
    return count
