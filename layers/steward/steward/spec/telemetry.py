"""The columns of a telemetry file."""

from steward.spec.columns import Columns

MEASURES = ("latency", "latency_low", "latency_count", "error", "cpu", "gpu", "memory", "requests", "errors")


def telemetry_columns(columns: Columns) -> dict[str, str]:
    """The columns of a telemetry file, by what they measure; each cell may be empty, and the time may not.

    A row is one reading, at its time, of any of these. What the declaration does not name stands under the name of the
    measure itself, and the version that served under that of `columns.version`.

    - `latency`: of one request, in milliseconds. Whoever has only a summary of several requests says how many with
      `latency_count`, and gives bounds: none took longer than `latency`, none less than `latency_low` (which is
      `latency` itself when left out).
    - `error`: whether that request failed, true or false or an HTTP status.
    - `cpu`, `gpu`, `memory`: use, in percent.
    - `requests`: how many there were since the reading before. Left out, a row with a latency or an error is as many
      requests as `latency_count` says, or one. `errors`: how many of them failed; without their number it is left out
      of account.
    """
    taken = {columns.time, columns.version, *columns.operation.values()}
    measures = {name: columns.operation.get(name, name) for name in MEASURES}
    return {name: column for name, column in measures.items() if name in columns.operation or column not in taken}
