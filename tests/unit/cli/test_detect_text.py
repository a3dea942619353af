"""The words of `detect`."""

import pytest

from iot_maint.cli.detect_text import say_episodes
from iot_maint.domain.catalog import Language


@pytest.mark.parametrize(
    ("number", "english", "chinese"),
    [(0, "0 episodes", "0 段告警"), (1, "1 episode", "1 段告警"), (2, "2 episodes", "2 段告警")],
)
def test_one_episode_is_said_as_one(number: int, english: str, chinese: str) -> None:
    assert say_episodes(number, Language.EN) == english
    assert say_episodes(number, Language.ZH_CN) == chinese
