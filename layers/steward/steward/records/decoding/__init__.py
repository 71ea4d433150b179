"""Parquet files of unknown origin, decoded in a process of their own: what kills the decoder does not kill its caller.

`process` runs in the caller and `decode` in the child; they exchange `messages`. The child imports arro3 and the
standard library alone, so that it starts in some 50 ms. See infra/decisions/0018-decoder-process.md.
"""
