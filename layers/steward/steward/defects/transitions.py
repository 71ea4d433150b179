"""States of a defect and their allowed transitions."""

from steward.errors import DefectUnchangeable
from steward.events import DefectChange, DefectState

NEXT: dict[DefectState, tuple[DefectState, ...]] = {
    "open": ("confirmed", "wont_fix"),
    "confirmed": ("correcting", "wont_fix"),
    "correcting": ("corrected", "wont_fix"),
    "corrected": ("verified", "correcting"),
    "verified": ("closed", "correcting"),
    "closed": (),
    "wont_fix": (),
}
"""The states that each may move to. What was corrected may prove not to be; then it is corrected again."""

FINISHED: tuple[DefectState, ...] = ("closed", "wont_fix")

_TARGET: dict[DefectChange, DefectState] = {
    "confirm": "confirmed", "correct": "correcting", "verify": "verified", "close": "closed", "wont_fix": "wont_fix",
}  # fmt: skip

_CORRECTION: tuple[DefectState, ...] = ("confirmed", "correcting", "corrected")


def apply_change(state: DefectState, change: DefectChange, owner: str | None = None) -> DefectState:
    """The state after a change that a person asks for; `assign` names an owner, and moves nothing else.

    Raises:
        DefectUnchangeable: this change is not for this state; the message says which are.
    """
    if change == "assign":
        if state in FINISHED:
            raise DefectUnchangeable(f"the defect is {_words(state)}, and nobody needs to own it")
        if not owner:
            raise DefectUnchangeable("nobody is named to own the defect")
        return state
    target = _TARGET[change]
    if target not in NEXT[state]:
        raise DefectUnchangeable(f"the defect is {_words(state)}; {allowed_changes(state)}")
    return target


def on_correction(state: DefectState) -> tuple[DefectState, ...]:
    """The states that corrected rows lead through, the last of them being `corrected`; none where it is finished.

    Who corrects rows for an open defect confirms it.

    >>> on_correction("open"), on_correction("verified")
    (('confirmed', 'correcting', 'corrected'), ('correcting', 'corrected'))
    """
    if state in FINISHED:
        return ()
    begun = {"open": 0, "correcting": 2}.get(state, 1)
    return _CORRECTION[begun:]


def allowed_changes(state: DefectState) -> str:
    """What may be asked for in a state, as words.

    >>> allowed_changes("open")
    'it can be: confirmed, not to be fixed'
    """
    following = ", ".join(_words(target) for target in NEXT[state])
    return f"it can be: {following}" if following else "that is its end"


def _words(state: DefectState) -> str:
    return "not to be fixed" if state == "wont_fix" else state
