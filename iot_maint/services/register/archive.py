"""The archive of one piece of equipment: built-in parts and their replacements, documents."""

from urllib.parse import urlsplit

from iot_maint.domain.equipment import Document, Equipment, Part, PartReplacement
from iot_maint.domain.errors import InvalidInput, UnknownEquipment
from iot_maint.domain.ports import Repositories


def put_part(repositories: Repositories, code: str, part: Part) -> Part:
    """Add a built-in part, or correct the one of that code."""
    _require(repositories, code)
    repositories.equipment.put_part(code, part)
    return part


def replace_part(repositories: Repositories, code: str, replacement: PartReplacement) -> PartReplacement:
    """Record that a part was replaced; `InvalidInput` for a part or an order that is not this equipment's."""
    _require(repositories, code)
    if all(part.code != replacement.part for part in repositories.equipment.parts(code)):
        raise InvalidInput("part", f"{code} has no part {replacement.part}; add it first")
    if replacement.work_order is not None:
        order = repositories.orders.get(replacement.work_order)
        if order is None or order.equipment != code:
            raise InvalidInput("work_order", f"{replacement.work_order} is no work order of {code}")
    repositories.equipment.add_replacement(code, replacement)
    return replacement


def add_document(repositories: Repositories, code: str, document: Document) -> Document:
    """Add a link.  Only web addresses: a `javascript:` one would run in the browser of whoever clicks it."""
    _require(repositories, code)
    try:
        address = urlsplit(document.url)
    except ValueError as error:
        raise InvalidInput("url", str(error)) from error
    if address.scheme not in {"http", "https"} or not address.netloc:
        raise InvalidInput("url", "an address that begins with https:// or http://")
    repositories.equipment.add_document(code, document)
    return document


def _require(repositories: Repositories, code: str) -> Equipment:
    equipment = repositories.equipment.get(code)
    if equipment is None:
        raise UnknownEquipment(f"no equipment {code}")
    return equipment
