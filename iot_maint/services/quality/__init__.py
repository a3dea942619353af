"""How good the data is: what every message says of its series, its device and its clock, and who is not heard."""
