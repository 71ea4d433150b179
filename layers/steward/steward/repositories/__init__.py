"""Repositories: models, records, profiles, baselines, artifacts and training data in the store."""
