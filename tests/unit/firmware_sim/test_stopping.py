"""When the publisher stops."""

from time import monotonic

from firmware_sim.stopping import Stop


def test_it_is_not_time_to_stop_until_asked() -> None:
    stop = Stop()
    assert not stop.wait(0.0)
    stop.request()
    assert stop.wait(3600.0)


def test_a_deadline_in_the_past_stops_at_once() -> None:
    assert Stop(deadline=monotonic() - 1.0).wait(3600.0)
