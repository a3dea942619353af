from dataclasses import replace
from zoneinfo import ZoneInfo

from iot_maint.catalog.load import load_catalog
from iot_maint.domain.catalog import Language
from iot_maint.domain.findings import Anomaly, Contribution
from iot_maint.services.shadow_text import shadow_text
from tests.builders import a_finding, an_equipment, an_evidence

CATALOG = load_catalog()
ZONE = ZoneInfo("Asia/Shanghai")
SEEN = replace(
    a_finding(),
    equipment="P-1",
    fault_mode="PMP-BEAR",
    evidence=replace(
        an_evidence(),
        limit=3.0,
        anomaly=Anomaly(
            model="7",
            detector="tracker",
            score=4.0,
            confidence=1.0,
            contributions=(Contribution(metric="vib_rms", share=0.9, direction=1, value=2.9),),
        ),
    ),
)


def test_what_a_model_in_shadow_found_names_the_fault_and_the_culprit() -> None:
    said = shadow_text(SEEN, CATALOG, an_equipment("P-1", kind="booster"), Language.EN, ZONE)
    title, fault, culprit = said.splitlines()
    assert title.startswith("A model warns of P-1 · ")
    assert title.endswith("recorded, no order")
    assert fault == "  What       Bearing wear"
    assert culprit.startswith(
        "  Culprit    Vibration velocity RMS (≤ 200 kW, category II) 2.9 mm/s too high (90 % of it)"
    )


def test_what_left_the_register_keeps_its_codes() -> None:
    said = shadow_text(SEEN, CATALOG, None, Language.ZH_CN, ZONE)
    assert said.splitlines()[0] == "模型预警 P-1 · P-1 · 影子运行，只记录、不开单"
    assert said.splitlines()[1] == "  故障  PMP-BEAR"
