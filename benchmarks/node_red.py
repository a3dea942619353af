"""Node-RED as a peer: MQTT decode, one threshold and InfluxDB, as a flow; it acknowledges before anything is stored."""

import json
from pathlib import Path

from benchmarks.peers import NODE_RED_VERSION, node_red_folder
from benchmarks.subscribers import FILTER, Subscriber
from tests.servers.influxdb import InfluxdbBucket
from tests.servers.mosquitto import MosquittoServer
from tests.servers.processes import HOST, ServerProcess

# Points are gathered, since the InfluxDB node sends one request a message: one by one it would be far slower.
_GATHER, _GATHER_MS = 1000, 200
_SETUP = f"""
context.points = [];
context.flush = () => {{
    if (context.points.length) node.send([{{payload: context.points.splice(0)}}, null]);
}};
context.timer = setInterval(context.flush, {_GATHER_MS});
"""
_ON_MESSAGE = f"""
const values = msg.payload.values;
const [, , site, equipment] = msg.topic.split("/");
context.points.push({{
    measurement: "bench_pump", tags: {{site, equipment}}, fields: values, timestamp: msg.payload.ts
}});
if (context.points.length >= {_GATHER}) context.flush();
if (values.vib_rms > 4.5) node.send([null, msg]);
"""
# No editor and no runtime API: as an installation in production would run.
_SETTINGS = """
module.exports = {
    uiHost: "%s", uiPort: 0, httpAdminRoot: false, httpNodeRoot: false,
    flowFile: "flows.json", credentialSecret: false,
    telemetry: { enabled: false, updateNotification: false },
    nodesDir: [%s],
    logging: { console: { level: "warn" } },
};
"""


def node_red(folder: Path, broker: MosquittoServer, bucket: InfluxdbBucket) -> Subscriber:
    """The flow of one input, one function and one output."""
    modules = node_red_folder() / "node_modules"
    user = folder / "node-red"
    user.mkdir()
    contributed = json.dumps(str(modules / "node-red-contrib-influxdb"))
    (user / "settings.js").write_text(_SETTINGS % (HOST, contributed))
    (user / "flows.json").write_text(json.dumps(flow(broker, bucket)))
    (user / "flows_cred.json").write_text(json.dumps({"bucket": {"token": bucket.token}}))
    process = ServerProcess(
        command=[
            str(modules / "node" / "bin" / "node"),
            str(modules / "node-red" / "red.js"),
            *("--userDir", str(user), "--settings", str(user / "settings.js")),
        ],
        is_ready=lambda: True,
        log=folder / "node-red.log",
    )
    return Subscriber(name=f"Node-RED {NODE_RED_VERSION}", process=process, finished=lambda: True)


def flow(broker: MosquittoServer, bucket: InfluxdbBucket) -> list[dict[str, object]]:
    """As the editor would export it."""
    return [
        {"id": "tab", "type": "tab", "label": "benchmark"},
        {
            **{"id": "broker", "type": "mqtt-broker", "broker": broker.host, "port": str(broker.port)},
            **{"clientid": "node-red-benchmark", "autoConnect": True, "usetls": False, "protocolVersion": "4"},
            **{"keepalive": "60", "cleansession": True},
        },
        {
            **{"id": "bucket", "type": "influxdb", "influxdbVersion": "2.0", "url": bucket.url, "timeout": 30},
            **{"hostname": broker.host, "port": "8086", "rejectUnauthorized": True},
        },
        {
            **{"id": "in", "type": "mqtt in", "z": "tab", "broker": "broker", "topic": FILTER, "qos": "1"},
            **{"datatype": "json", "inputs": 0, "wires": [["decide"]]},
        },
        {
            **{"id": "decide", "type": "function", "z": "tab", "func": _ON_MESSAGE, "initialize": _SETUP},
            **{"outputs": 2, "finalize": "clearInterval(context.timer);", "libs": [], "wires": [["out"], ["high"]]},
        },
        {
            **{"id": "out", "type": "influxdb batch", "z": "tab", "influxdb": "bucket", "org": bucket.org},
            **{"bucket": bucket.bucket, "precisionV18FluxV20": "ms", "wires": []},
        },
        {"id": "high", "type": "debug", "z": "tab", "active": False, "complete": "payload", "wires": []},
    ]
