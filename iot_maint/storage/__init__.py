"""What rests: telemetry, the register with its alarms and orders, and the spool; each behind a port of the domain."""
