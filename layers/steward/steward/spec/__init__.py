"""The declaration of a model, and the windows and durations it is written in."""
