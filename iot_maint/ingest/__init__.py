"""From the broker to the spool, and from the spool to the telemetry store and the rules.

Read in the order in which data flows: `mqtt` → `receiver` (by `short_way`, or through the `door`) → the spool →
`decider` and `drain`.
"""
