"""The kinds of detectors by name."""

from collections.abc import Mapping

from iot_maint.models.detector import DetectorKind
from iot_maint.models.fitted import Kind
from iot_maint.models.forest import IsolationForest
from iot_maint.models.kernel_regression import KernelRegression
from iot_maint.models.principal_components import PrincipalComponents
from iot_maint.models.surge import Surge
from iot_maint.models.tracker import Tracker

DEFAULT = "tracker"
KINDS: Mapping[str, DetectorKind] = {
    kind.name: kind
    for kind in (
        Kind(Tracker()),
        Kind(Surge()),
        Kind(PrincipalComponents()),
        Kind(KernelRegression()),
        Kind(IsolationForest()),
    )
}
