"""What a test does without its server."""

import os
from typing import NoReturn

import pytest


def without(server: str) -> NoReturn:
    """Skip the test for a server this machine lacks; fail it where every server is demanded."""
    reason = f"no {server} here: run `make services`"
    if os.environ.get("IOT_MAINT_REQUIRE_SERVICES") == "1":
        pytest.fail(reason, pytrace=False)
    pytest.skip(reason)
