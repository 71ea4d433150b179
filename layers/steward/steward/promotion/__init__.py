"""A version goes from one environment to another: what is sent, and what is verified before it is accepted."""
