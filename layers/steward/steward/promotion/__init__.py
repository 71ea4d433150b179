"""Promotion of a version to another environment: the transfer and its verification."""
