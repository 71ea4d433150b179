"""Operational metrics of a served model: latency, errors, throughput and resource use."""
