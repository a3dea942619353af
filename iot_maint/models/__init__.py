"""Anomaly and degradation models: pure, like the rules; what they learn from and what they say is in columns."""
