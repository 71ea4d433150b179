"""README's own section on a user's own data, command by command, with real flights under the names that it uses."""

import re
import shlex
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression

from infra.demo.flights import load_flights
from infra.local.process import ROOT

SECTION = (ROOT / "README.md").read_text().partition("\n## Your own data\n")[2].partition("\n## ")[0]
ELSEWHERE, TRAINED = SECTION.split("\n### ")[1:]
COLUMNS = [
    "flight_id",
    "scheduled_departure",
    "carrier",
    "origin",
    "distance",
    "hour",
    "humid",
    "windy",
    "arrived_late",
]
PATIENCE = 90


def commands(text: str) -> list[list[str]]:
    """The calls of `steward` among the commands of a section, in their order."""
    lines = [line.partition("  #")[0] for line in re.findall(r"^    (.+)$", text, re.MULTILINE)]
    return [shlex.split(line)[1:] for line in lines if line.startswith("steward ")]


def renamed(call: Sequence[str], model: str) -> list[str]:
    """The call about a model of the test's own."""
    return [model if word == "loans" else word for word in call]


@pytest.fixture(scope="module")
def flights() -> pd.DataFrame:
    flights = load_flights().assign(windy=lambda rows: rows["wind_speed"] > 12)[COLUMNS]
    days = flights["scheduled_departure"].dt.day_of_year
    return flights[days <= 120].sample(40_000, random_state=0).sort_values("scheduled_departure")


def of_two_weeks(flights: pd.DataFrame) -> pd.Series:
    """The rows of two whole weeks, Monday to Sunday."""
    return flights["scheduled_departure"].between("2013-04-08", "2013-04-21 23:59:59Z")


def test_a_model_trained_elsewhere_comes_to_its_first_alert(
    run: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path, flights: pd.DataFrame
) -> None:
    inputs = pd.get_dummies(flights[["carrier", "origin", "hour", "windy"]]).astype(float)
    model = LogisticRegression(max_iter=300).fit(inputs[::2], flights["arrived_late"][::2])
    scored = flights.assign(y_pred_proba=model.predict_proba(inputs)[:, 1].round(4))
    reference = scored["scheduled_departure"] < "2013-04-08"
    scored[reference].to_csv(tmp_path / "loans_reference.csv", index=False)
    later = scored[of_two_weeks(scored)].drop(columns="arrived_late")
    later.loc[later.sample(frac=0.3, random_state=0).index, "humid"] = np.nan  # the one fault there is
    later.to_csv(tmp_path / "loans_april.csv", index=False)
    assert len(re.findall(r"^    \w", ELSEWHERE, re.MULTILINE)) <= 6
    *calls, status = commands(ELSEWHERE)
    assert [call[0] for call in (*calls, status)] == ["suggest", "push", "push", "status"]
    for call in calls:
        done = run(*renamed(call, "own-loans"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "TO DO" not in done.stderr
        assert "quarantine" not in done.stdout
    deadline = time.monotonic() + PATIENCE
    while (shown := run(*renamed(status, "own-loans"))).returncode == 0 and time.monotonic() < deadline:
        time.sleep(3)
    assert shown.returncode == 1, shown.stdout
    said = " ".join(shown.stdout.split())
    assert re.search(r"firing: missing_values( \(bad in \d of the last \d windows\))? newest run", said), shown.stdout
    assert re.search(r"`humid` is missing in (29|30|31)\.", said), shown.stdout


def test_a_model_that_steward_trains_scores_what_is_pushed(
    run: Callable[..., subprocess.CompletedProcess[str]],
    tmp_path: Path,
    flights: pd.DataFrame,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reference = flights["scheduled_departure"] < "2013-04-08"
    flights[reference].to_csv(tmp_path / "loans_reference.csv", index=False)
    flights[of_two_weeks(flights)].drop(columns="arrived_late").to_csv(tmp_path / "march.csv", index=False)
    (checkout,) = commands(TRAINED)
    first = [call for call in commands(ELSEWHERE) if call[0] == "suggest" or "reference" in call]
    for call in (*first, ["outcome", "loans"], checkout):
        done = run(*renamed(call, "own-trained"))
        assert done.returncode == 0, done.stdout + done.stderr
        assert "TO DO" not in done.stderr
    code = TRAINED.partition("```python\n")[2].partition("```")[0]
    monkeypatch.chdir(tmp_path)
    exec(code, {})  # noqa: S102 - the README's own
    done = run("push", "march-scored.csv", "--model", "own-trained", "--kind", "predictions")
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{len(pd.read_csv('march.csv')):,} rows" in done.stdout
