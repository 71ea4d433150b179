"""Performance: outcomes that add up, metrics with intervals, and the judgement on them."""
