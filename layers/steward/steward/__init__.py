"""Steward looks after machine-learning models once they are in production."""
