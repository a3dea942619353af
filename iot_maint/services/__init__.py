"""Load, decide, save: what the product does, in terms of the ports."""
