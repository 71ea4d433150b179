"""Lineage of specs, datasets, versions, baselines and releases: ids, history and differences."""
