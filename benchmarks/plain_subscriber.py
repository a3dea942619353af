"""The plain way to be durable, as a peer: stock paho, json, one fsync a message, PUBACK, then a Point.

Points go out in batches from the client's own background thread, which is the fastest that it has to offer.
"""

import json
import os
import signal
import sqlite3
import sys

import paho.mqtt.client as paho
from influxdb_client import InfluxDBClient, Point, WriteOptions, WritePrecision
from paho.mqtt.enums import CallbackAPIVersion


def main() -> None:
    host, port, topic_filter, url, token, org, bucket, spool = sys.argv[1:]
    rows = sqlite3.connect(spool, isolation_level=None, check_same_thread=False)
    rows.execute("PRAGMA journal_mode = WAL")
    rows.execute("PRAGMA synchronous = FULL")
    rows.execute("CREATE TABLE IF NOT EXISTS message (id INTEGER PRIMARY KEY, topic TEXT, payload BLOB)")
    store = InfluxDBClient(url=url, token=token, org=org, timeout=60_000)
    points = store.write_api(WriteOptions(batch_size=5_000, flush_interval=200))

    def on_connect(client: paho.Client, *_: object) -> None:
        client.subscribe(topic_filter, qos=1)

    def on_message(client: paho.Client, _: object, message: paho.MQTTMessage) -> None:
        document = json.loads(message.payload)
        # Its own transaction: on the disk before the broker hears of it.
        rows.execute("INSERT INTO message (topic, payload) VALUES (?, ?)", (message.topic, message.payload))
        client.ack(message.mid, message.qos)
        _, _, site, equipment, _ = message.topic.split("/")
        point = Point("bench_pump").tag("site", site).tag("equipment", equipment)
        for name, value in document["values"].items():
            point.field(name, float(value))
        points.write(bucket, record=point.time(document["ts"], WritePrecision.MS))

    client = paho.Client(CallbackAPIVersion.VERSION2, client_id="plain-benchmark", clean_session=False, manual_ack=True)
    client.on_connect = on_connect
    client.on_message = on_message
    # Ends as other peers do; what waits in the batch is of no matter then.
    signal.signal(signal.SIGTERM, lambda *_: os._exit(0))
    client.connect(host, int(port))
    client.loop_forever()


if __name__ == "__main__":
    main()
