"""Python's search for garbage, made rarer for processes that take in telemetry."""

import gc

# Every message makes a few objects, and nearly none in circles: by default each seven hundred start a search.
_NEW_OBJECTS = 50_000


def rarely_search_garbage() -> None:
    """What was loaded so far lives as long as the process: leave it out for good, and look at the rest less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
