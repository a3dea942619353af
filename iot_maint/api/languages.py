"""The reader's language, from `Accept-Language` (RFC 9110 §12.5.4), else the installation's."""

from typing import Annotated

from fastapi import Depends, Request

from iot_maint.api.context import Context
from iot_maint.domain.catalog import Language

_BY_PRIMARY_TAG = {"zh": Language.ZH_CN, "en": Language.EN}
_LONGEST = 200  # characters of the header that are looked at


def choose_language(accepted: str, default: Language) -> Language:
    """The best of the two languages that the header accepts; the default when it accepts neither or says nothing."""
    best, best_quality = default, 0.0
    for choice in accepted[:_LONGEST].split(","):
        tag, _, parameters = choice.partition(";")
        language = _BY_PRIMARY_TAG.get(tag.strip().lower().partition("-")[0])
        quality = _quality(parameters)
        if language is not None and quality > best_quality:
            best, best_quality = language, quality
    return best


def _quality(parameters: str) -> float:
    name, _, value = parameters.strip().partition("=")
    if name.strip().lower() != "q":
        return 1.0
    try:
        return min(max(float(value), 0.0), 1.0)
    except ValueError:
        return 0.0


def language_of(request: Request, context: Context) -> Language:
    """The language to answer this request in."""
    return choose_language(request.headers.get("Accept-Language", ""), context.language)


ReaderLanguage = Annotated[Language, Depends(language_of)]
