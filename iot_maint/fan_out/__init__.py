"""The same plain function over many plain items, on every core of this machine or on a Dask cluster.

The results come in the order of the items and are those of a loop, to the byte: wherever an item is worked on, one
thread does it.  Function and items must be picklable: a function of a module, frozen dataclasses, arrays.
"""

from iot_maint.fan_out.addresses import Cluster, parse_cluster
from iot_maint.fan_out.running import fan_out

__all__ = ["Cluster", "fan_out", "parse_cluster"]
