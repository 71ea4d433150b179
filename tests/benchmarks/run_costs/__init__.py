"""What retraining policies cost in all, runs and metric together, on drifting streams."""
