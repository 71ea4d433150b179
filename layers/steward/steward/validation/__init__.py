"""The gates that a version passes before it is released."""
