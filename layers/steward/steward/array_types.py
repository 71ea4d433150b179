"""Types of arrays, by what they hold."""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
RowIndices = NDArray[np.intp]
"""Positions of rows."""
