"""The command line `steward`."""
