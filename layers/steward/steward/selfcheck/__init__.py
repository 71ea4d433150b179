"""Whether a deployment is as its template says: what that asks for, and what is wrong with what is there."""
