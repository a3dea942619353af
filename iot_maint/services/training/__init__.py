"""From stored history to models: healthy rows alone, a fleet's where one's own do not suffice; each with its line."""
