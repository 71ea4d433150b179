"""Requests for predictions: what is accepted, which version answers, what is returned and logged. Pure."""
