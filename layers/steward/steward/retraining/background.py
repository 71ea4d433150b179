"""Background rows for the attribution of predictions."""

from typing import Literal, Self

import numpy as np
import pandas as pd
from pydantic import ConfigDict

from steward.documents import VersionedModel


class Background(VersionedModel):
    """Some rows of a version's feature frame (create-only).

    Every row of the version is attributed against the same ones, or attributions of different windows would be those
    of different games.

    Attributes:
        columns: of the frame, in its order.
        numbers: the values of numeric columns, shape (rows,) each; None where missing.
        categories: the values of the others.
    """

    model_config = ConfigDict(ser_json_inf_nan="strings")

    schema_version: Literal[1] = 1
    columns: list[str]
    numbers: dict[str, list[float | None]]
    categories: dict[str, list[str | None]]

    @classmethod
    def of(cls, frame: pd.DataFrame) -> Self:
        """Keep the rows of a frame: float64 columns, and objects (str, None where missing).

        >>> frame = pd.DataFrame({"age": [3.0, np.nan], "make": pd.Series(["Ford", None], dtype=object)})
        >>> Background.of(frame).frame().equals(frame)
        True
        """
        columns = [str(name) for name in frame]
        numbers = {name: frame[name] for name in columns if frame[name].dtype == np.float64}
        return cls(
            columns=columns,
            numbers={name: [None if np.isnan(cell) else cell for cell in cells] for name, cells in numbers.items()},
            categories={name: list(frame[name]) for name in columns if name not in numbers},
        )

    def frame(self) -> pd.DataFrame:
        """The rows as they were."""
        return pd.DataFrame(
            {
                name: np.array(self.numbers[name], dtype=np.float64)
                if name in self.numbers
                else pd.Series(self.categories[name], dtype=object)
                for name in self.columns
            }
        )
