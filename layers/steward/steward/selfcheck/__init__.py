"""Compares a deployment with its template."""
