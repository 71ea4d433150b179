"""Replays stored records under retraining policies, with the code that decides live and no side effect."""
