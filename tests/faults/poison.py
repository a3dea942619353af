"""What broken devices send: samples of every format, bent, cut, doubled and filled with what nobody expects there."""

import json
from collections.abc import Callable
from dataclasses import dataclass

from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.payload_files import PayloadFile, payload_files

LARGEST = 10 * 1024 * 1024
CANONICAL = "iot/v1/yard/P-01/telemetry"
SAMPLES = tuple(payload_files())

NASTY = (
    b"NaN",
    b"-Infinity",
    b"1e400",
    b"-1e-400",
    b"9" * 400,
    b"null",
    b'""',
    b"{}",
    b"[[]]",
    b"\xff\xfe",
    b"\x00",
    b'"\\ud800"',
    b"\xed\xa0\x80",
    b"true",
    "九".encode(),
)
# Each is published on a topic of every format.
SPECIALS = (
    b"",
    b"NaN",
    b'{"ts": NaN, "values": {"a": NaN}}',
    b'{"ts": 1e400, "values": {"a": 1e400}}',
    b'{"vib_rms": 1e400}',
    b"[" * 100_000,
    b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    b'{"a": "\xc3\x28"}',
    b"\xff" * 1000,
    b"pump,equipment=P-01 a=" + b'"' * 100_000,
    b"[" + b'{"bn":"x","v":1},' * 10_000 + b"0]",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Poison:
    """One message, and the sample that it was made from: whose decoder is to read it."""

    topic: str
    payload: bytes
    sample: PayloadFile


def fuzzed(count: int) -> list[Poison]:
    """The same ones in every run."""
    made: list[Poison] = []

    @settings(
        max_examples=count,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(bent_samples())
    def collect(poison: Poison) -> None:
        made.append(poison)

    collect()
    return made


def specials() -> list[Poison]:
    """One of each for every format, and a payload that is far too large."""
    by_format = {sample.path.parent.name: sample for sample in SAMPLES}
    made = [
        Poison(topic=sample.topic, payload=payload, sample=sample)
        for sample in by_format.values()
        for payload in SPECIALS
    ]
    first = next(iter(by_format.values()))
    return [*made, Poison(topic=first.topic, payload=b'{"a":"' + b"x" * LARGEST + b'"}', sample=first)]


@st.composite
def bent_samples(draw: st.DrawFn) -> Poison:
    sample = draw(st.sampled_from(SAMPLES))
    payload = sample.path.read_bytes()
    for _ in range(draw(st.integers(1, 4))):
        payload = draw(bent(payload))
    return Poison(topic=sample.topic, payload=payload, sample=sample)


@st.composite
def bent(draw: st.DrawFn, payload: bytes) -> bytes:
    """One thing wrong with it, somewhere."""
    start, end = sorted((draw(st.integers(0, len(payload))), draw(st.integers(0, len(payload)))))
    before, middle, after = payload[:start], payload[start:end], payload[end:]
    ways: dict[str, Callable[[], bytes]] = {
        "cut": lambda: before + after,
        "repeated": lambda: before + middle * draw(st.integers(2, 50)) + after,
        "inserted": lambda: before + draw(st.binary(max_size=20)) + middle + after,
        "replaced": lambda: before + draw(st.sampled_from(NASTY)) + after,
        "another number": lambda: _with_another_number(payload, draw(st.sampled_from(NASTY)), start),
        "another document": lambda: json.dumps(draw(_documents)).encode(),
        "bits": lambda: before + bytes(byte ^ draw(st.integers(0, 255)) for byte in middle[:8]) + middle[8:] + after,
    }
    return ways[draw(st.sampled_from(sorted(ways)))]()


_documents = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=10),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["ts", "values", "a", "bn", "v", "n", "params", "sn", "Time", "services", "properties"]),
            inner,
            max_size=5,
        )
    ),
    max_leaves=15,
)


def _with_another_number(payload: bytes, token: bytes, start: int) -> bytes:
    """The first run of digits after `start` becomes the token."""
    first = next((at for at in range(start, len(payload)) if payload[at : at + 1].isdigit()), None)
    if first is None:
        return payload + token
    end = first
    while payload[end : end + 1].isdigit():
        end += 1
    return payload[:first] + token + payload[end:]
