"""What rules would have raised on history: the live decide path over stored or recorded telemetry, and its figures."""
