"""The runs that Steward's default policy would start on a stream: `steward backtest` with every version promoted."""

from datetime import timedelta

import pandas as pd

from steward.backtest.records import ReplayRecords
from steward.backtest.replay import replay_policy
from steward.spec.document import check_spec
from steward.spec.model import ModelSpec
from tests.benchmarks.run_costs.streams import Stream

_DEFAULTS = {"on_alerts": ["roc_auc", "log_loss"], "cool_down": "1w", "minimum_new_labels": 500}
"""What a declaration has that says nothing of its triggers."""


def default_runs(stream: Stream) -> list[int]:
    """The windows after which the alerts of realised ROC AUC and log loss start a run, labels coming at once.

    Versions are refitted on their holdout and promoted whatever the gates say, as under every policy of the study.
    """
    spec, time = _default_spec(stream), stream.rows[stream.spec.columns.time]
    begins = time[stream.window >= stream.reference].min().to_pydatetime()
    rows = stream.rows.assign(**{spec.columns.time: pd.to_datetime(time, utc=True).astype("datetime64[us, UTC]")})
    replayed = replay_policy(spec, ReplayRecords(rows, begins, timedelta(0)), "default")
    numbers = {window.window: stream.reference + at for at, window in enumerate(replayed.windows)}
    found = {
        numbers[window.window] for window in replayed.windows if any(run.outcome == "promoted" for run in window.runs)
    }
    return sorted(found - {stream.windows - 1})


def _default_spec(stream: Stream) -> ModelSpec:
    content = stream.spec.model_dump(mode="json", exclude_unset=True)
    retraining = {
        name: value
        for name, value in content["retraining"].items()
        if name in {"recipe", "training_span", "minimum_labels"}
    }
    content["retraining"] = retraining | _DEFAULTS | {"holdout_span": "1w", "refit": True}
    content["validation"] = {"metric": "log_loss", "confidence": 0.5, "minimum_gain": -100.0}
    return check_spec(content)
