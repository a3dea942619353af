"""What a model in shadow found, as a few lines of plain text: whose, which fault, and which metric gave it away."""

from zoneinfo import ZoneInfo

from iot_maint.domain.catalog import Catalog, Language, Text
from iot_maint.domain.equipment import Equipment
from iot_maint.domain.findings import Finding
from iot_maint.services.evidence import say_evidence

_TITLE = Text(
    zh="模型预警 {code} · {name} · 影子运行，只记录、不开单",
    en="A model warns of {code} · {name} · in shadow: recorded, no order",
)
_FAULT, _CULPRIT = (
    Text(zh="  故障  {said}", en="  What       {said}"),
    Text(zh="  主因  {said}", en="  Culprit    {said}"),
)


def shadow_text(
    finding: Finding, catalog: Catalog, equipment: Equipment | None, language: Language, zone: ZoneInfo
) -> str:
    """Three lines, without a newline at the end."""
    equipment_type = catalog.types.get(equipment.type) if equipment is not None else None
    mode = equipment_type.fault_modes.get(finding.fault_mode) if equipment_type is not None else None
    lines = (
        _TITLE.of(language).format(
            code=finding.equipment, name=equipment.name if equipment is not None else finding.equipment
        ),
        _FAULT.of(language).format(said=mode.label.of(language) if mode is not None else finding.fault_mode),
        _CULPRIT.of(language).format(
            said=say_evidence(finding.evidence, equipment_type, language, kind=finding.kind, zone=zone)
        ),
    )
    return "\n".join(lines)
