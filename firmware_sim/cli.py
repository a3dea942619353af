"""The command line: publish a site to a broker, write it to a file, or write its register; `fleet`: see there."""

import argparse
import logging
import os
import re
import signal
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from firmware_sim.clock import StoryClock, parse_clock, parse_speed
from firmware_sim.errors import SimulatorError
from firmware_sim.fleet import cli as fleet
from firmware_sim.publisher import Publisher, parse_broker
from firmware_sim.quantities import parse_duration, parse_instant, to_ms
from firmware_sim.recording import write_jsonl
from firmware_sim.register import register_csv
from firmware_sim.simulate import simulate
from firmware_sim.site import Site, load_site
from firmware_sim.stopping import Stop

_ENDLESS = timedelta(days=3650)


def main(argv: Sequence[str] | None = None) -> int:
    """Exit code: 0 done or stopped, 1 with one line on stderr for a faulty file or option, 2 for usage."""
    arguments = sys.argv[1:] if argv is None else argv
    if arguments[:1] == ["fleet"]:
        return _said(lambda: fleet.run(arguments[1:]))
    options = _parser().parse_args(arguments)
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(name)s %(message)s")
    return _said(lambda: _run(options))


def _said(work: Callable[[], None]) -> int:
    try:
        work()
    except (SimulatorError, OSError) as error:
        print(f"firmware_sim: {error}", file=sys.stderr)
        return 1
    return 0


def parse_fault(text: str) -> dict[str, object]:
    """`BP-01:bearing:start=20m,doubling=2h` as a table of the timeline."""
    code, _, rest = text.partition(":")
    fault, _, settings = rest.partition(":")
    if not code or not fault:
        raise SimulatorError(f"--fault: {text!r}: write CODE:FAULT or CODE:FAULT:key=value,…")
    table: dict[str, object] = {"equipment": code, "fault": fault}
    for setting in filter(None, settings.split(",")):
        key, equals, value = setting.partition("=")
        if not equals:
            raise SimulatorError(f"--fault: {setting!r} is not key=value")
        table[key] = _figure(value)
    return table


def _figure(text: str) -> float | bool | str:
    if text in ("true", "false"):
        return text == "true"
    return float(text) if re.fullmatch(r"-?\d+(\.\d+)?", text) else text


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m firmware_sim",
        description="Simulated devices of a site, with noise and faults.",
        epilog="`python -m firmware_sim fleet --help`: a whole fleet with its truth, for measuring detectors.",
    )
    add = parser.add_argument
    add("--site", required=True, metavar="NAME|FILE", help="a built-in site (demo, fifty_pumps) or a site file")
    add("--mqtt", metavar="URL", default=None, help="broker; default $FIRMWARE_SIM_MQTT_URL or mqtt://localhost")
    add("--clock", metavar="CLOCK", help="system, or accelerated:<t0>/<r0>/<speed> as in IOT_MAINT_CLOCK")
    add("--speed", metavar="X", help="accelerated from now on; without --clock")
    add("--seconds", type=float, metavar="N", help="stop after N real seconds")
    add("--seed", type=int, metavar="N", help="instead of the site's own")
    add("--fault", action="append", default=[], metavar="CODE:FAULT[:key=value,…]", help="add to the timeline")
    add("--write", type=Path, metavar="FILE.jsonl", help="write a recording instead of publishing")
    add("--from", dest="since", metavar="RFC3339", help="start of the recording")
    add("--for", dest="span", metavar="DURATION", help="length of the recording, such as 6h")
    add("--story", metavar="RFC3339", help="from when the timeline's offsets count; default the recording's start")
    add("--only", metavar="CODE,…", help="record these devices alone")
    add("--tick", metavar="DURATION", help="record a sample only that often, such as 5m")
    add("--register", type=Path, metavar="FILE.csv", help="write the equipment register")
    return parser


def _run(options: argparse.Namespace) -> None:
    site = load_site(options.site, seed=options.seed, faults=[parse_fault(text) for text in options.fault])
    if options.register is not None:
        options.register.write_text(register_csv(site), encoding="utf-8")
    if options.write is not None:
        _record(options, site)
    elif options.register is None or options.mqtt is not None:
        _publish(options, site)


def _record(options: argparse.Namespace, site: Site) -> None:
    if options.since is None or options.span is None:
        raise SimulatorError("--write needs --from and --for")
    try:
        since, span = parse_instant(options.since), parse_duration(options.span)
    except ValueError as error:
        raise SimulatorError(f"--from/--for: {error}") from error
    try:
        story = None if options.story is None else parse_instant(options.story)
    except ValueError as error:
        raise SimulatorError(f"--story: {error}") from error
    site = _recorded(options, site)
    count = write_jsonl(simulate(site, since, since + span, story=story), options.write)
    print(f"{options.write}: {count} messages of {len(site.devices)} devices", file=sys.stderr)


def _recorded(options: argparse.Namespace, site: Site) -> Site:
    """The part of the site that is asked for, as often as it is asked for."""
    if options.only is not None:
        try:
            site = site.narrowed(options.only.split(","))
        except SimulatorError as error:
            raise SimulatorError(f"--only: {error}") from None
    if options.tick is None:
        return site
    try:
        tick = parse_duration(options.tick)
    except ValueError as error:
        raise SimulatorError(f"--tick: {error}") from error
    if tick < timedelta(milliseconds=1):
        raise SimulatorError(f"--tick: {options.tick!r} must be longer than nothing")
    return site.slowed(tick)


def _publish(options: argparse.Namespace, site: Site) -> None:
    clock = _clock(options)
    url = options.mqtt or os.environ.get("FIRMWARE_SIM_MQTT_URL", "mqtt://localhost:1883")
    stop = Stop(None if options.seconds is None else time.monotonic() + options.seconds)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.request())
    with Publisher(parse_broker(url), client_id=f"firmware-sim-{site.name}-{os.getpid()}") as publisher:
        count = publisher.run(simulate(site, clock.t0, clock.t0 + _ENDLESS), clock, stop)
    print(f"published {count} messages of {len(site.devices)} devices", file=sys.stderr)


def _clock(options: argparse.Namespace) -> StoryClock:
    now = datetime.now(UTC)
    if options.clock is not None and options.speed is not None:
        raise SimulatorError("--speed: the speed is part of --clock; give one of the two")
    if options.speed is not None:
        speed = parse_speed(options.speed, option="--speed")
        return StoryClock(t0_ms=to_ms(now), r0_ms=to_ms(now), speed=speed)
    return parse_clock(options.clock or "system", real_now=now)
