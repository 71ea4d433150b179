"""Erasure: finds the rows of a subject in whatever holds rows, and what is left without them. Pure."""
