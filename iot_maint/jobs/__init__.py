"""Work that comes by the clock: deliveries, transfers, retention."""
