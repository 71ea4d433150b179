"""One window of one version, compared with its baseline."""
