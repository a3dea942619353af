"""A small language over metrics: arithmetic, comparison, functions.  It becomes closures, and is never run as code."""
