"""Sends records of served rows to the inbox: through Firehose, and past it where Firehose takes none."""

import gzip
from collections.abc import Iterator, Sequence
from itertools import batched

from steward import aws
from steward.store import keys
from steward.store.bucket import Bucket
from steward.store.stored_objects import UNREACHABLE
from steward.uuid7 import new_prediction_id

LINES_A_RECORD = 500
"""Firehose takes apart no more."""
BYTES_A_RECORD = 900 * 1024
"""Firehose takes records of 1,000 KiB."""
RECORDS_A_CALL = 4
"""Firehose takes calls of 4 MiB."""


class RecordStream:
    """The delivery stream of a deployment.

    Attributes:
        problem: why Firehose did not take the newest records, in words; empty where it took them.
    """

    def __init__(self, name: str, data: Bucket) -> None:
        self._name, self._data = name, data
        self.problem = ""

    def send(self, model: str, lines: Sequence[bytes]) -> None:
        """Send lines of JSON, by Firehose, or as one object of the inbox.

        A line may arrive twice where an answer of Firehose is lost: ingestion keeps the first row of an ID.

        Raises:
            UNREACHABLE: neither took them.
        """
        left: list[bytes] = []
        self.problem = ""
        for call in batched(_records(lines), RECORDS_A_CALL, strict=False):
            left += self._put(call)
        if left:
            key = keys.served(model, new_prediction_id())
            self._data.put(key, gzip.compress(b"".join(left), compresslevel=5, mtime=0))

    def _put(self, records: Sequence[bytes]) -> Sequence[bytes]:
        """The records that Firehose does not take."""
        if self.problem:  # it took none of the call before
            return records
        try:
            answer = aws.firehose().put_record_batch(
                DeliveryStreamName=self._name, Records=[{"Data": record} for record in records]
            )
        except UNREACHABLE as error:
            self.problem = f"{type(error).__name__}: {error}"
            return records
        refused = [
            (record, response)
            for record, response in zip(records, answer["RequestResponses"], strict=True)
            if response.get("ErrorCode")
        ]
        if refused:
            self.problem = f"{refused[0][1]['ErrorCode']}: {refused[0][1].get('ErrorMessage', '')}"
        return [record for record, _ in refused]


def _records(lines: Sequence[bytes]) -> Iterator[bytes]:
    """Lines joined to as few records as Firehose takes."""
    held: list[bytes] = []
    size = 0
    for line in lines:
        if held and (len(held) == LINES_A_RECORD or size + len(line) > BYTES_A_RECORD):
            yield b"".join(held)
            held, size = [], 0
        held.append(line)
        size += len(line)
    if held:
        yield b"".join(held)
