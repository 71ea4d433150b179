"""What functions do: services of the form `(runtime, event) -> Iterator[Event]`, and the parts of long ones.

A service yields the events to publish, each in its turn; `steward.outbox` orders ledger, people and bus. What several
services or the command line ask of the store is in `repositories`. `accept_commands` is given the text of a message
instead of an event: its signature is of these bytes, and only who has verified them may read them as a command.
`serve_predictions` answers requests, for which callers wait.
"""
