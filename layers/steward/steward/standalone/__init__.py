"""Comparing tables, and suggesting a declaration from one, without any deployment."""
