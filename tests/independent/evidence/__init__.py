"""The evidence of versions, verified by the libraries of the standards."""
