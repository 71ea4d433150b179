"""Approvals by people: what was requested, who may answer, and the state that follows. Pure."""
