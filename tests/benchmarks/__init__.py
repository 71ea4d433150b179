"""Measured figures: speeds, sizes, and how often decisions are right; beside the peers', on the same data."""
