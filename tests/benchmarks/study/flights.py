"""The real flights as arrays that every environment can read: all that is known of them afterwards."""

from pathlib import Path

import numpy as np
import pandas as pd

from infra.demo.flights import WEATHER_FEATURES, dataset_folder
from tests.benchmarks.study.families import CATEGORICAL, FLIGHTS, NUMERIC

_OF_FLIGHT = ["distance", "hour", "minute", "sched_arr_time", "dep_delay", "arr_delay", "air_time", "flight", "day"]
_OF_WEATHER = [*WEATHER_FEATURES, "wind_gust"]
_OF_PLANE = ["built", "seats"]
_NAMED = ["carrier", "origin", "dest", "weekday", "manufacturer"]


def write_flights(path: Path = FLIGHTS) -> None:
    """Write the flights that arrived in 2013, unless they are there.

    `numbers` has shape (20, flights) with NaN where unknown (four gusts in five, one plane's year in six);
    `codes` has shape (5, flights), -1 where the plane is unknown; `categories` has a text of names, a line each.
    """
    if path.exists():
        return
    folder = dataset_folder()
    flights = pd.read_csv(folder / "flights.csv.zip")
    weather = pd.read_csv(folder / "weather.csv", usecols=["origin", "time_hour", *_OF_WEATHER])
    planes = pd.read_csv(folder / "planes.csv", usecols=["tailnum", "year", "manufacturer", "seats"])
    flights["weekday"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.day_name()
    arrived = flights[flights["arr_delay"].notna()]
    arrived = arrived.merge(weather, on=["origin", "time_hour"], how="left")
    arrived = arrived.merge(planes.rename(columns={"year": "built"}), on="tailnum", how="left")
    numbers = arrived[[*_OF_FLIGHT, *_OF_WEATHER, *_OF_PLANE]].to_numpy(np.float64).T
    coded = [pd.Categorical(arrived[name]) for name in _NAMED]
    codes = np.array([column.codes for column in coded], dtype=np.int32)
    if (len(numbers), len(codes)) != (NUMERIC, CATEGORICAL):
        msg = f"the flights have {len(numbers)} numeric and {len(codes)} categorical columns; mend the lists above"
        raise ValueError(msg)
    names = np.array(["\n".join(column.categories) for column in coded])
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, numbers=np.ascontiguousarray(numbers), codes=codes, categories=names)
