import pytest

from iot_maint.api.languages import choose_language
from iot_maint.domain.catalog import Language


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", Language.ZH_CN),
        ("en", Language.EN),
        ("en-US,en;q=0.9,zh-CN;q=0.8", Language.EN),
        ("zh-TW, en;q=0.9", Language.ZH_CN),
        ("fr, en;q=0.5", Language.EN),
        ("fr", Language.ZH_CN),
        ("en;q=0", Language.ZH_CN),
        ("en;q=much", Language.ZH_CN),
        ("*", Language.ZH_CN),
    ],
)
def test_the_best_language_that_the_reader_accepts(accepted: str, language: Language) -> None:
    assert choose_language(accepted, Language.ZH_CN) is language
