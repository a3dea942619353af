"""Order events on their way to people and dashboards, each channel a module."""
