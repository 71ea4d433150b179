"""The command `steward`: what people do by hand."""
