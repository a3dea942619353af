"""The only place that chooses adapters: settings → stores, clock, services.  One module a process part."""
