"""Reports: a document computed from stored data, and the page rendered from it."""
