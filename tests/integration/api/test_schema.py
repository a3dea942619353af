"""The OpenAPI document is true: generated requests, good and bad, get the answers that it documents."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Protocol

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from iot_maint.api.app import create_app
from iot_maint.domain.platform_alarms import PlatformAlarm, PlatformAlarmKind
from tests.api_builders import ApiUnderTest, a_context, an_api
from tests.builders import T0, an_equipment

DOCUMENT = create_app(a_context(Path("nowhere"))[0]).openapi()
OPERATIONS = [(path, method) for path, operations in DOCUMENT["paths"].items() for method in operations]
# Left out: a catalog, a register and cursors refuse more than a schema can say.
EXAMPLES = 15


class Generated(Protocol):
    """A generated request."""

    def call_and_validate(self, *, headers: Mapping[str, str], excluded_checks: Sequence[object]) -> object: ...


@pytest.fixture(scope="module")
def whole_api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ApiUnderTest]:
    under_test = an_api(tmp_path_factory.mktemp("schema"))
    under_test.register(an_equipment("P-1"))
    under_test.happen()
    with under_test.database.transaction() as repositories:
        alarm = PlatformAlarm(kind=PlatformAlarmKind.BROKER_AWAY, detail="refused", since=T0, worker="1")
        repositories.platform_alarms.save_standing(alarm)
    yield under_test
    under_test.context.telemetry.close()
    under_test.database.close()


@pytest.fixture(scope="module")
def schema(whole_api: ApiUnderTest) -> BaseSchema:
    return schemathesis.openapi.from_asgi("/openapi.json", create_app(whole_api.context))


@pytest.mark.parametrize(("path", "method"), OPERATIONS)
def test_every_answer_is_documented(whole_api: ApiUnderTest, schema: BaseSchema, path: str, method: str) -> None:
    headers = {"Authorization": whole_api.writer.headers["Authorization"]}

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method.upper()].as_strategy())
    def ask(case: Generated) -> None:
        case.call_and_validate(headers=headers, excluded_checks=[positive_data_acceptance])

    ask()
