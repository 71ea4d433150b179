"""Estimates of performance before labels arrive: calibration, confidence-based and direct loss estimation."""
