"""Use cases: one module for each function, of the shape `(runtime, event) -> events`."""
