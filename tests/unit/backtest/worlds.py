"""Records of a small world that turns upside down, to be replayed."""

from datetime import timedelta

import pandas as pd

from steward.backtest.records import ReplayRecords
from steward.spec.document import read_spec
from steward.spec.model import ModelSpec
from tests.integration import lemons
from tests.unit.examples import DAY, START

SPEC = lemons.SPEC.replace("minimum_labels: 1000", "minimum_labels: 500").replace(
    "on_alerts: [roc_auc, log_loss, feature_drift]", "on_alerts: [log_loss]"
)


def spec_of(settings: str = "", spec: str = SPEC) -> ModelSpec:
    return read_spec(spec + settings)


def rows(days: int, first_day: int = 0, *, flipped: bool = False, rows_a_day: int = 150) -> pd.DataFrame:
    sold = lemons.sales(days, first_day=first_day, rows_a_day=rows_a_day, flipped=flipped)
    times = pd.to_datetime(sold["sold_at"], utc=True).astype("datetime64[us, UTC]")
    return sold.assign(sold_at=times, lemon=sold["lemon"].astype(str))


def turned_world(delay: timedelta = DAY, *, days: int = 24, turns_at: int = 14) -> ReplayRecords:
    """Ten days of reference, and a world that is another one from some day on."""
    before, after = rows(turns_at), rows(days - turns_at, first_day=turns_at, flipped=True)
    return ReplayRecords(pd.concat([before, after], ignore_index=True), START + 10 * DAY, delay)
