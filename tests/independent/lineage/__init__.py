"""OpenLineage events and exported versions, read by the libraries that they are for."""
