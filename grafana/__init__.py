"""Grafana's boards as code: made from the equipment catalog, committed as the plain JSON that Grafana loads.

`python -m grafana` writes `dashboards/` and the alert rules anew; `--check` says what is not up to date.
"""
