"""Defects of a model's data: reported, corrected by a new version of the rows, and tracked until closed."""
