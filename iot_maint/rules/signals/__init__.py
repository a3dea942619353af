"""Signals of readings in event time, a module for each kind; a limit then stands over the signal as over a value."""
