"""What became of specs, datasets, versions, baselines and releases: their ids, their history, their differences."""
