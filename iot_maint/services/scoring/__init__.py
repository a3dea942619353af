"""Detectors in the decide path: telemetry → bins → scores → findings, all equipment of a batch at once."""
