"""How often the 95 % intervals of a classifier's metrics hold the truth."""
