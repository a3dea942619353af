"""Who may use which topic of the broker, from register and topic rules: everybody writes his own topics alone.

The user of a device is its gateway's name, or its own code where it has no gateway; of a Sparkplug node it is
`group/node`.  Whose a message is rests on its topic, so a grant must reach no topic that is read as somebody else's.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from iot_maint.domain.equipment import Equipment
from iot_maint.ingest.decoders.names import is_writable, printable
from iot_maint.ingest.topic_filters import Levels, covers, overlap
from iot_maint.topic_rules import SPARKPLUG, Format, TopicRule

SUBSCRIPTION = "iot/v1/#"
_OWN = TopicRule(topic="iot/v1/{site}/{equipment}/telemetry", format=Format.THINGSBOARD)
_PATTERNS = ("%u", "%c")  # Mosquitto puts the client's names in their place, in lines of another kind

# user → topics
_Grants = dict[str, dict[str, None]]


@dataclass(slots=True)
class _Access:
    """What is granted so far, and what is not."""

    writes: _Grants = field(default_factory=dict)
    reads: _Grants = field(default_factory=dict)
    service_reads: dict[str, None] = field(default_factory=lambda: {SUBSCRIPTION: None})
    service_writes: dict[str, None] = field(default_factory=dict)
    refused: dict[str, None] = field(default_factory=dict)
    # the rules that decide before the one at hand, with what each grants
    _earlier: list[tuple[Levels, _Grants]] = field(default_factory=list)

    def add_rule(self, rule: TopicRule, equipment: Iterable[Equipment], service_user: str) -> None:
        """Grant what comes of one rule, after those that decide before it."""
        granted: _Grants = {}
        for one in equipment:
            for user, topic in _topics_of(rule, one):
                flaw = self._flaw(rule, one, user, topic, service_user)
                if flaw is not None:
                    self.refused[f"equipment {printable(one.code)}, {printable('/'.join(topic))}: {flaw}"] = None
                    continue
                granted.setdefault(user, {})["/".join(topic)] = None
                self.writes.setdefault(user, {})["/".join(topic)] = None
                if rule.format is Format.SPARKPLUG_B:
                    self._add_commands(rule, user)
        self._earlier.append((tuple(rule.topic_filter.split("/")), granted))

    def add_filter(self, topic_filter: str) -> None:
        """Let the service read it."""
        flaw = _flaw_of_text(topic_filter, "the filter")
        if flaw is None:
            self.service_reads[topic_filter] = None
        else:
            self.refused[f"topic rule {printable(topic_filter)}: {flaw}"] = None

    def _add_commands(self, rule: TopicRule, gateway: str) -> None:
        group, node = gateway.split("/")
        commands = f"{SPARKPLUG}/{group}/NCMD/{node}"
        self.reads.setdefault(gateway, {})[commands] = None
        if rule.rebirth:
            self.service_writes[commands] = None

    def _flaw(self, rule: TopicRule, one: Equipment, user: str, topic: Levels, service_user: str) -> str | None:
        """Why there is no such grant, or None."""
        if user == service_user:
            return f"{printable(user)} is the service's own user; give the device or gateway another name"
        flaw = _flaw_of_text(user, "the user's name") or _flaw_of_levels(rule, one)
        if flaw is not None:
            return flaw
        if topic[0].startswith("$") and not rule.topic.startswith("$"):
            return "a topic that begins with $ is the broker's"
        for levels, granted in self._earlier:
            both = overlap(levels, topic)
            if both is not None and not any(covers(tuple(own.split("/")), both) for own in granted.get(user, ())):
                return f"the rule for {printable('/'.join(levels))} decides before, and reads it as somebody else's"
        return None


def mosquitto_acl(equipment: Iterable[Equipment], rules: Sequence[TopicRule], service_user: str) -> str:
    """Mosquitto's `acl_file`.  What is not granted is refused.

    Equipment that nobody registered, or that is retired, may publish nothing.  A name that would break the file, or
    reach further than its own topics, gets no grant but a comment.
    """
    known = [one for one in sorted(equipment, key=lambda one: one.code) if one.in_use]
    access = _Access()
    for rule in (*rules, _OWN):
        if rule is not _OWN:
            access.add_filter(rule.topic_filter)
        access.add_rule(rule, known, service_user)
    return "\n".join(_lines(access, service_user)) + "\n"


def _topics_of(rule: TopicRule, one: Equipment) -> Iterator[tuple[str, Levels]]:
    """(user, filter) for each way in which the equipment's messages come by this rule."""
    if rule.format is Format.SPARKPLUG_B:
        names = (one.gateway or "").split("/")
        if len(names) == 2:  # else no topic of Sparkplug names that gateway
            group, node = names
            wanted = tuple(one.site if level == "{site}" else level for level in rule.levels)
            both = overlap(wanted, (SPARKPLUG, group, "+", node, "#"))
            if both is not None:
                yield "/".join(names), both
        return
    by_gateway = rule.gateway is not None or "{gateway}" in rule.levels
    if rule.site not in {None, one.site} or (rule.gateway is not None and rule.gateway != one.gateway):
        return
    if by_gateway and one.gateway is None:
        return
    if "{gateway}" in rule.levels and "/" in (one.gateway or ""):
        return  # a Sparkplug node, most likely: no one level can name it
    values = _values(rule, one)
    yield (
        one.gateway or one.code,
        tuple(values.get(level, "+" if level == "{metric}" else level) for level in rule.levels),
    )


def _values(rule: TopicRule, one: Equipment) -> dict[str, str]:
    by_gateway = rule.gateway is not None or "{gateway}" in rule.levels
    return {
        "{site}": one.site,
        "{gateway}": one.gateway or "",
        "{equipment}": (one.gateway_device or one.code) if by_gateway else one.code,
    }


def _flaw_of_levels(rule: TopicRule, one: Equipment) -> str | None:
    """What is wrong with a name that stands for a level."""
    if rule.format is Format.SPARKPLUG_B:
        names = (one.gateway or "").split("/")
    else:
        names = [value for level, value in _values(rule, one).items() if level in rule.levels]
    for name in names:
        flaw = _flaw_of_text(name, f"the name {printable(name)}")
        if flaw is None and any(sign in name for sign in "/+#"):
            flaw = f"the name {printable(name)} has / + or # in it, and would reach other topics"
        if flaw is not None:
            return flaw
    return None


def _flaw_of_text(text: str, what: str) -> str | None:
    """What would break the file, or mean something else there."""
    if not text.strip() or not is_writable(text):
        return f"{what} is blank, or has a line break or another control character"
    if text != text.strip():
        return f"{what} begins or ends with a space, which Mosquitto cuts off"
    if any(pattern in text for pattern in _PATTERNS):
        return f"{what} has {' or '.join(_PATTERNS)} in it, which Mosquitto may replace"
    return None


def _lines(access: _Access, service_user: str) -> Iterator[str]:
    yield "# Made by `iot-maint broker acl` from the equipment register and the topic rules; make it anew when either"
    yield "# changes. Users are gateways, or equipment without one, by their names in the register."
    yield ""
    yield "# The service reads telemetry. It never commands equipment; where a rule has rebirth = true, it may ask"
    yield "# Sparkplug nodes for their births."
    yield f"user {service_user}"
    yield from (f"topic read {topic}" for topic in access.service_reads)
    yield from (f"topic write {topic}" for topic in access.service_writes)
    for user, topics in sorted(access.writes.items()):
        yield ""
        yield f"user {user}"
        yield from (f"topic write {topic}" for topic in topics)
        yield from (f"topic read {topic}" for topic in access.reads.get(user, ()))
    if access.refused:
        yield ""
        yield "# Not granted:"
        yield from (f"# {refusal}" for refusal in access.refused)
