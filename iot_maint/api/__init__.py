"""The HTTP API: resources over the services, for people, scripts and dashboards."""
