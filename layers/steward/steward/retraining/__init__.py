"""The retraining policy, datasets, recipes and training."""
