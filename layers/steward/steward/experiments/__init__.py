"""Online experiments: sticky assignment, sequential inference, planning, and the result."""
