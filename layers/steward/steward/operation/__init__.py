"""How a model is served: latency, errors, throughput and the use of resources, collected and judged."""
