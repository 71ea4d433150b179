"""Only a test that takes several times its share fails, on a slow machine later."""

import pytest

from tests.unit import budget


def test_a_test_within_the_budget_is_fine() -> None:
    assert budget.overspent(budget.BUDGET) is None


def test_a_test_far_beyond_it_is_told_the_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_loop", lambda: budget._USUAL / 2)
    found = budget.overspent(budget.BUDGET + 1)
    assert found is not None
    assert "took 13.0 processor seconds, and no test of `make check` may take more than 12" in found
    assert "nightly" in found


def test_a_slow_machine_has_a_larger_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "_loop", lambda: budget._USUAL * 3)
    assert budget.overspent(budget.BUDGET * 2.9) is None
    assert budget.overspent(budget.BUDGET * 3.1) is not None
