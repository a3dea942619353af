"""Pure decisions over event time: from telemetry to findings, from findings to alarms, from alarms to orders."""
