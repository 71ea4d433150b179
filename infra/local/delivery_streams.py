"""Delivery streams of Firehose as AWS has them, in the emulator: what one call brings is one object of each partition.

MiniStack 1.5.33 delivers at once, each record as an object of its own, and knows neither records of several lines
(RecordDeAggregation), nor delimiters (AppendDelimiterToRecord), nor compression. Firehose gathers the lines of many
calls, for as long as its buffering hints say; here those of one record are an object, and nobody waits for it.
"""

import gzip
import json
from collections import defaultdict
from typing import Any


def install() -> None:
    """Replace what MiniStack does."""
    from ministack.services import firehose  # noqa: PLC0415 - it reads the environment when imported

    deliver, put = firehose._deliver_to_s3, firehose._put_s3_object  # noqa: SLF001 - it has no other name

    def deliver_by_partition(stream: Any, destination: Any, data: bytes, lambda_keys: Any = None) -> None:
        settings = destination["config"]
        processors = {one["Type"] for one in settings.get("ProcessingConfiguration", {}).get("Processors", [])}
        if "RecordDeAggregation" not in processors:
            deliver(stream, destination, data, lambda_keys)
            return
        parts: dict[str, list[bytes]] = defaultdict(list)
        for line in data.splitlines():
            keys = firehose._metadata_extraction_keys(settings, line)  # noqa: SLF001
            parts[json.dumps(keys, sort_keys=True)].append(line)
        for keys, lines in parts.items():
            time = firehose._arrival_time(settings)  # noqa: SLF001
            prefix = firehose._evaluate_prefix(settings["Prefix"], time, json.loads(keys))  # noqa: SLF001
            moment = firehose._java_time("yyyy-MM-dd-HH-mm-ss", time)  # noqa: SLF001
            name = f"{stream['name']}-{stream['version']}-{moment}-{firehose.new_uuid()}{settings['FileExtension']}"
            body = b"".join(line + b"\n" for line in lines)
            compressed = gzip.compress(body) if settings.get("CompressionFormat") == "GZIP" else body
            put(firehose._s3_bucket_from_arn(settings["BucketARN"]), f"{prefix}{name}", compressed)  # noqa: SLF001

    firehose._deliver_to_s3 = deliver_by_partition  # noqa: SLF001
