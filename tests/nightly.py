"""Cases of a promise that only `make nightly` tries, beside those that every run tries."""

from typing import Any

import pytest


def nightly(*cases: Any) -> list[Any]:
    """Mark cases for `pytest.mark.parametrize`; a tuple has the values of several parameters."""
    return [pytest.param(*(case if isinstance(case, tuple) else (case,)), marks=pytest.mark.nightly) for case in cases]
