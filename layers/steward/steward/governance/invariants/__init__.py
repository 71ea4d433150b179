"""What must hold of every model at every moment: one class each, in the two lists of `catalogue`."""
