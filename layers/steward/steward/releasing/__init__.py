"""Releases: which version is the champion."""
