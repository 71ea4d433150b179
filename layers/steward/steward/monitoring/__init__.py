"""Evaluates one window of one version against its baseline."""
