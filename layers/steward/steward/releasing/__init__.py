"""Which version is in charge."""
