"""Feature attributions, and the comparison of their ranking with the baseline's.

`rank_agreement` and `attribution_drift` need numpy alone; `shapley`, which attributes a model's predictions, needs
scikit-learn. Nothing is imported here, so that a check loads none of the latter.
"""
