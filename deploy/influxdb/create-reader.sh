#!/bin/sh
# Run once by the InfluxDB image after its setup: an account for Grafana that can read the one bucket.
# Its token, in the data source, is `grafana:PASSWORD`.
set -eu
influx v1 auth create \
    --org "$DOCKER_INFLUXDB_INIT_ORG" \
    --username grafana \
    --password "$GRAFANA_READER_PASSWORD" \
    --read-bucket "$DOCKER_INFLUXDB_INIT_BUCKET_ID"
