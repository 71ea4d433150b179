"""How fast, how small, how light: what is promised of reading, profiling, deciding and importing."""
