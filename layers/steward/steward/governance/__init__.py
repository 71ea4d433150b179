"""Model cards and the invariants that an audit checks."""
