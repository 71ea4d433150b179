"""Taking in large files: how long, and how much memory and disk."""
