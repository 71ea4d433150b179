"""What each feature contributes to the predictions: summed, and its ranking compared with the baseline's.

`sums`, `spread`, `ranking` and `judge` need numpy alone; `shapley`, which attributes a model's predictions, needs
scikit-learn. Nothing is imported here, since profiles keep the sums and the comparison rests on the drift package.
"""
