"""What gateways say of themselves: counted, told in the log, and where a gateway may be asked for something, asked."""

from collections.abc import Callable, Iterable

from iot_maint.domain.ports import Meter
from iot_maint.domain.telemetry import GatewayBirth, GatewayDeath, GatewayNotice
from iot_maint.ingest.quiet_log import quiet_logger

# (topic, payload): sent once, to whoever listens
Publish = Callable[[str, bytes], None]

logger = quiet_logger(__name__)


def heed(notices: Iterable[GatewayNotice], meter: Meter, publish: Publish) -> None:
    """Only a request that its topic rule allows is published; nothing else ever is."""
    for notice in notices:
        if isinstance(notice, GatewayBirth):
            continue  # the spool has it
        if isinstance(notice, GatewayDeath):
            meter.count("gateway_deaths")
            logger.info("%s says that it is gone", notice.gateway if notice.device is None else notice.device)
            continue
        meter.count("rebirth_requests", reason=notice.reason)
        if notice.topic is None:
            logger.warning("gateway %s should be asked for its births (%s); not allowed", notice.gateway, notice.reason)
        else:
            publish(notice.topic, notice.payload)
            logger.info("gateway %s was asked for its births (%s)", notice.gateway, notice.reason)
