"""Retraining policies rehearsed on the demo's flights."""
