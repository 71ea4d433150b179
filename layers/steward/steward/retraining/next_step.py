"""What goes on after a run that failed, or whose version was rejected while none is in charge."""


def next_step(model: str, *, failed: bool, trained: bool) -> str:
    """The command that goes on, in a clause.

    Args:
        model: whose run.
        failed: whether it failed; else its version was rejected.
        trained: whether Steward trains the model; else a version is adopted from reference rows.

    >>> next_step("loans", failed=True, trained=True)
    'once that is corrected, `steward retrain loans --reason corrected` tries again'
    """
    if failed and trained:
        return f"once that is corrected, `steward retrain {model} --reason corrected` tries again"
    rows = "once that is corrected," if failed else "with more or better rows"
    return f"{rows} `steward push FILE --model {model} --kind reference` tries again"
