"""Which decoder is for which topic: the rules of the settings in their order, and then the product's own topic."""

from collections.abc import Iterable, Sequence
from functools import lru_cache
from zoneinfo import ZoneInfo

from iot_maint.domain.errors import MalformedTelemetry
from iot_maint.domain.telemetry import Decoded, GatewayBirth
from iot_maint.ingest.decoders import DECODERS, Decode, canonical
from iot_maint.ingest.decoders.names import codes_in
from iot_maint.ingest.decoders.source import DevicesOf, Source
from iot_maint.ingest.decoders.sparkplug_b import SparkplugDecoder
from iot_maint.ingest.mqtt import TELEMETRY
from iot_maint.topic_rules import TopicRule

MAX_TOPIC = 1024  # characters
_CACHED = 65_536


def canonical_filter(site: str) -> str:
    """The product's own topics of one site."""
    return TELEMETRY.replace("+", site, 1)


class TopicMap:
    """The rules, compiled; `decode` has a decoder's signature, and the first rule that matches decides."""

    def __init__(self, rules: Sequence[TopicRule], devices_of: DevicesOf) -> None:
        sources = [Source(rule, devices_of) for rule in rules]
        self._rules = [(source, DECODERS[source.rule.format](source)) for source in sources]
        self._decoder_of = lru_cache(maxsize=_CACHED)(self._find)
        self.topic_filters = tuple(dict.fromkeys([TELEMETRY, *(rule.topic_filter for rule in rules)]))

    def restore(self, births: Iterable[GatewayBirth]) -> None:
        """What gateways have said of themselves in an earlier life, to the decoder of the rule that reads it now."""
        for birth in births:
            decoder = self._find(birth.topic)
            if isinstance(decoder, SparkplugDecoder):
                decoder.restore([birth])

    def doubt_births(self) -> None:
        """The broker has lost our session, and with it perhaps births.  From any thread."""
        for _, decoder in self._rules:
            if isinstance(decoder, SparkplugDecoder):
                decoder.doubt()

    def filters_at(self, site: str) -> tuple[str, ...]:
        """What to subscribe to for one site alone; topics that do not name their site are not among it."""
        rules = (source.rule.filter_at(site) for source, _ in self._rules)
        return tuple(dict.fromkeys([canonical_filter(site), *(one for one in rules if one is not None)]))

    def site_in(self, topic: str) -> str | None:
        """The site that the topic names, or the rule for it does; None where only the message can tell."""
        try:
            for source, _ in self._rules:
                if source.matches(topic):
                    return source.names(topic).site
            return codes_in(topic)[0]
        except MalformedTelemetry:
            return None

    @property
    def decode(self) -> Decode:
        """Without rules the plain decoder, which then costs nothing more."""
        return self._decode if self._rules else canonical.decode

    def is_ours(self, topic: str) -> bool:
        """Whether no rule is for that topic."""
        return not self._rules or self._decoder_of(topic) is canonical.decode

    def _decode(self, topic: str, payload: bytes, received_at_ms: int, site_timezone: ZoneInfo) -> Decoded:
        if len(topic) > MAX_TOPIC:  # nor is it remembered
            raise MalformedTelemetry("bad_topic", f"{len(topic)} characters, at most {MAX_TOPIC}")
        return self._decoder_of(topic)(topic, payload, received_at_ms, site_timezone)

    def _find(self, topic: str) -> Decode:
        return next((decode for source, decode in self._rules if source.matches(topic)), canonical.decode)
