"""Ten months of real flights, week by week, through the deployed functions."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from infra.demo import flights as source
from infra.demo.airline import Airline, csv
from infra.demo.loop import Loop
from infra.demo.timeline import Run, TimelineRow
from steward.events import AlertRaised, CheckCompleted, Event, ReleaseChanged, RunFailed, ValidationCompleted
from steward.monitoring.check import Check
from steward.results import MetricResult
from steward.spec.model import ModelSpec
from steward.spec.windows import Window
from steward.store import keys
from steward.store.bucket import Bucket
from steward.validation.evaluation import Evaluation


@dataclass
class Play:
    """The year as it is lived.

    Attributes:
        rows: a row for every week so far, the newest last; figures of a week are filled in when its labels come.
        first: the first version.
        grounds: why each judged version was promoted or refused.
    """

    loop: Loop
    data: Bucket
    spec: ModelSpec
    rows: list[TimelineRow] = field(default_factory=list)
    first: str = ""
    grounds: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Open the airline's application."""
        self.airline = Airline(self.data, self.spec)
        self.flights = source.load_flights()
        self.weeks = [(week.to_pydatetime(), part) for week, part in source.weeks(self.flights)]

    def begin(self, declaration: bytes) -> Iterator[Event]:
        """Declare the model, upload January and February, and let the deployed functions make the first version."""
        yield from self.loop.settle([self.loop.upload(keys.spec_upload(self.spec.model), declaration)])
        columns = self.spec.columns
        wanted = [columns.id, columns.time, columns.label, *self.spec.features]
        reference = source.reference(self.flights)[wanted]
        uploads = [
            self.loop.upload(keys.inbox(self.spec.model, "reference", f"2013-{month:02}.csv.gz"), csv(part))
            for month, part in reference.groupby(reference[columns.time].dt.month)
        ]
        yield from self.loop.settle(uploads)
        self.first = self.airline.champion()

    def live(self, number: int) -> Iterator[Event]:
        """One week: its flights are scored as they depart; arrivals of the week before become known at its end."""
        week, flown = self.weeks[number]
        version = self.airline.champion()
        scores = self.airline.score(version, flown)
        self.rows.append(TimelineRow(week.date(), version, first_version_auc=self._first_auc(flown, scores, version)))
        uploads = [self._upload("predictions", week, self.airline.predictions(version, flown, scores))]
        if number:
            uploads.append(self._arrivals(number - 1))
        for event in self.loop.settle(uploads):
            self._note(event, len(self.rows) - 1)
            yield event

    def end(self) -> Iterator[Event]:
        """The arrivals of the last week."""
        for event in self.loop.settle([self._arrivals(len(self.weeks) - 1)]):
            self._note(event, len(self.rows) - 1)
            yield event

    def _arrivals(self, number: int) -> str:
        week, flown = self.weeks[number]
        return self._upload("labels", week, self.airline.labels(flown))

    def _upload(self, kind: str, week: datetime, body: bytes) -> str:
        return self.loop.upload(keys.inbox(self.spec.model, kind, f"{week:%Y-%m-%d}.csv.gz"), body)

    def _first_auc(self, flown: pd.DataFrame, scores: NDArray[np.float64], version: str) -> float | None:
        """What the first version would have had; the demo's own reckoning, which Steward never sees."""
        late: NDArray[np.bool_] = flown[self.spec.columns.label].to_numpy() == 1
        if late.all() or not late.any():
            return None
        return float(roc_auc_score(late, scores if version == self.first else self.airline.score(self.first, flown)))

    def _note(self, event: Event, newest: int) -> None:
        """Fill in what an event says about its week."""
        row = self.rows[newest]
        match event:
            case AlertRaised():
                self.rows[newest] = replace(row, alerts=(*row.alerts, event.monitor))
            case ValidationCompleted():
                self.grounds[event.version] = _grounds(
                    Evaluation.model_validate_json(self.data.get_verified(event.evaluation))
                )
            case ReleaseChanged():
                outcome: Literal["promoted", "refused"] = "promoted" if event.stage == "champion" else "refused"
                self.rows[newest] = replace(row, run=Run(event.version, outcome, self.grounds[event.version]))
            case RunFailed():
                self.rows[newest] = replace(row, run=Run(event.run, "failed", event.message))
            case CheckCompleted():
                self._note_check(event)
            case _:
                pass

    def _note_check(self, event: CheckCompleted) -> None:
        check = Check.model_validate_json(self.data.get_verified(event.stored))
        start: date = Window.parse(event.window).start.date()
        for at, row in enumerate(self.rows):
            if row.week == start and row.champion == event.version:
                drifted = [result.column or result.monitor for result in check.findings_of("feature_drift")]
                found = {
                    result.statistic: result for result in reversed(check.results) if result.monitor != "segment_drift"
                }
                auc, worst = found.get("roc_auc"), found.get("worst_segment")
                labelled = auc is not None and auc.value is not None
                self.rows[at] = replace(
                    row,
                    drifted=tuple(dict.fromkeys(drifted)),
                    auc=auc.value if auc else row.auc,
                    auc_low=auc.low if auc else row.auc_low,
                    auc_high=auc.high if auc else row.auc_high,
                    estimated_auc=row.estimated_auc if labelled else _value(found, "estimated_roc_auc"),
                    covariate_shift_effect=_value(found, "covariate_shift_effect_roc_auc"),
                    concept_drift_effect=_value(found, "concept_drift_effect_roc_auc"),
                    worst_segment=(worst.segment, worst.value) if worst and worst.segment and worst.value else None,
                )


def _value(found: Mapping[str, MetricResult], statistic: str) -> float | None:
    return found[statistic].value if statistic in found else None


def _grounds(evaluation: Evaluation) -> str:
    """The gain that a version proved or did not, or the first gate that refused it, in a few words."""
    refused = next((gate for gate in evaluation.gates if not gate.passed), evaluation.gates[-1])
    if refused.value is None or refused.low is None:
        return refused.message
    return (
        f"log loss {-refused.value:+.3f}, {refused.low:.3f} surely gained"
        if refused.passed
        else (f"log loss {-refused.value:+.3f}, not surely better")
    )
