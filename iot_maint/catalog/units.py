"""The unit symbols that a metric may carry.  A typing slip (`mm/S`, `Mpa`) is refused, not plotted."""

KNOWN_UNITS = frozenset(
    {
        *("1", "%", "p.u.", "×In", "×setpoint"),
        *("s", "ms", "min", "h", "1/h", "mm/trip"),
        *("mm", "m", "m/s", "m/s²", "mm/s", "rpm", "Hz"),
        *("MPa", "kPa", "Pa", "bar", "m³/h", "L/min", "L/s", "m³"),
        *("°C", "K", "%RH", "mg/L", "NTU", "ppm", "lx", "dB(A)", "dB"),
        *("V", "kV", "V/cell", "A", "mA", "W", "kW", "kvar", "kVA", "kWh", "Ω", "mΩ", "kΩ", "MΩ", "g"),
    }
)
