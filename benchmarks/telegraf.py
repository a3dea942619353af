"""Telegraf as a peer: several configurations of it, of which the fastest is the one that is compared with."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from benchmarks.peers import TELEGRAF_VERSION, telegraf_program
from benchmarks.subscribers import FILTER, Subscriber
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.processes import ServerProcess

_METRICS = ("vib_rms", "bearing_temp", "discharge_pressure", "motor_current_ratio")

# Every configuration: nothing that would make it slower for the benchmark's sake, large writes, uncompressed as the
# product's are, and a limit on what is not yet delivered that does not stall the broker.
_AGENT = """
[agent]
  omit_hostname = true
  flush_interval = "200ms"
  flush_jitter = "0s"
  metric_batch_size = {batch}
  metric_buffer_limit = 1000000
  quiet = true
"""
_INPUT = """
[[inputs.mqtt_consumer]]
  servers = ["tcp://{host}:{port}"]
  topics = ["{topic}"]
  qos = 1
  persistent_session = true
  client_id = "telegraf-benchmark-{number}"
  max_undelivered_messages = {undelivered}
  topic_tag = ""
"""
# Behind the parser: its plain keys must come before any table.
_TAGS = """
  [[inputs.mqtt_consumer.topic_parsing]]
    topic = "{topic_filter}"
    tags = "_/_/site/equipment/_"
"""
_OUTPUT = """
[[outputs.influxdb_v2]]
  urls = ["{url}"]
  token = "{token}"
  organization = "{org}"
  bucket = "{bucket}"
  content_encoding = "identity"
"""
_JSON_V2 = """
  data_format = "json_v2"
  [[inputs.mqtt_consumer.json_v2]]
    measurement_name = "bench_pump"
    timestamp_path = "ts"
    timestamp_format = "unix_ms"
"""
_OBJECT = (
    _JSON_V2
    + """
    [[inputs.mqtt_consumer.json_v2.object]]
      path = "values"
"""
)
_FIELDS = _JSON_V2 + "".join(
    f"""
    [[inputs.mqtt_consumer.json_v2.field]]
      path = "values.{name}"
      type = "{kind}"
"""
    for name, kind in (("running", "bool"), *((metric, "float") for metric in _METRICS))
)
# The older parser names the fields values_vib_rms and so on, which costs it nothing; without `json_string_fields` it
# would drop the boolean.
_JSON = """
  name_override = "bench_pump"
  data_format = "json"
  json_time_key = "ts"
  json_time_format = "unix_ms"
  json_string_fields = ["values_running"]
"""
_XPATH = """
  data_format = "xpath_json"
  [[inputs.mqtt_consumer.xpath]]
    metric_name = "'bench_pump'"
    timestamp = "ts"
    timestamp_format = "unix_ms"
    [inputs.mqtt_consumer.xpath.fields]
      running = "boolean(values/running)"
""" + "".join(f'      {metric} = "number(values/{metric})"\n' for metric in _METRICS)


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """What was varied.  Several consumers share the messages through the broker's `$share`."""

    parser: str
    batch: int = 10_000
    undelivered: int = 60_000
    consumers: int = 1
    environment: Mapping[str, str] | None = None


CONFIGURATIONS: Mapping[str, Configuration] = {
    "json_v2, object": Configuration(parser=_OBJECT),
    "json_v2, fields": Configuration(parser=_FIELDS),
    "json": Configuration(parser=_JSON),
    "xpath_json": Configuration(parser=_XPATH),
    "json, batches of 5,000": Configuration(parser=_JSON, batch=5_000),
    "json, batches of 20,000": Configuration(parser=_JSON, batch=20_000),
    "json, 10,000 undelivered": Configuration(parser=_JSON, undelivered=10_000),
    "json, 250,000 undelivered": Configuration(parser=_JSON, undelivered=250_000),
    "json, two consumers": Configuration(parser=_JSON, consumers=2),
    "json, two consumers, GOGC=400": Configuration(parser=_JSON, consumers=2, environment={"GOGC": "400"}),
    "json, batches of 5,000, GOGC=400": Configuration(parser=_JSON, batch=5_000, environment={"GOGC": "400"}),
    "json, GOGC=400": Configuration(parser=_JSON, environment={"GOGC": "400"}),
}
BEST = "json, GOGC=400"


def telegraf(
    folder: Path, broker: MosquittoServer, bucket: InfluxdbBucket, configuration: Configuration | None = None
) -> Subscriber:
    """Telegraf, which acknowledges from memory and runs no rules; in its best configuration unless told otherwise."""
    chosen = configuration or CONFIGURATIONS[BEST]
    path = folder / "telegraf.conf"
    path.write_text(render(chosen, broker, bucket))
    assignments = [f"{name}={value}" for name, value in (chosen.environment or {}).items()]
    process = ServerProcess(
        command=["env", *assignments, str(telegraf_program()), "--config", str(path)],
        is_ready=lambda: True,
        log=folder / "telegraf.log",
    )
    return Subscriber(name=f"Telegraf {TELEGRAF_VERSION}", process=process, finished=lambda: True)


def render(configuration: Configuration, broker: MosquittoServer, bucket: InfluxdbBucket) -> str:
    """The configuration file."""
    shared = f"$share/telegraf/{FILTER}" if configuration.consumers > 1 else FILTER
    inputs = [
        _INPUT.format(
            host=broker.host,
            port=broker.port,
            topic=shared,
            number=number,
            undelivered=configuration.undelivered,
        )
        + configuration.parser
        + _TAGS.format(topic_filter=FILTER)
        for number in range(configuration.consumers)
    ]
    output = _OUTPUT.format(url=bucket.url, token=bucket.token, org=bucket.org, bucket=bucket.bucket)
    return "".join([_AGENT.format(batch=configuration.batch), *inputs, output])
