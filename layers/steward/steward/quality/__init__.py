"""Data quality monitors: completeness, schema, ranges, freshness, volume and labels."""
