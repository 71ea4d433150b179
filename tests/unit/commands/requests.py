"""Commands as people give them, for property tests."""

from datetime import UTC, datetime, timedelta
from typing import Any, get_args
from uuid import UUID

from hypothesis import strategies as st

from steward.commands import command_base, requests
from steward.commands.command_base import Command
from steward.events import DefectChange, OverrideAction
from steward.governance.audit_exception import LONGEST_EXCEPTION
from steward.governance.invariants.catalogue import INVARIANTS
from steward.spec.monitors import MonitorName
from steward.spec.severity import SEVERITIES

reasons = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=200).map(str.strip).filter(bool)
moments = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)).map(  # noqa: DTZ001
    lambda moment: moment.replace(microsecond=0)
)
monitors = st.none() | st.sampled_from(get_args(MonitorName))
pseudonyms = st.from_regex(r"^pn-[a-z2-7]{26}\Z")


@st.composite
def commands(draw: st.DrawFn) -> Command:
    """Any valid command of any kind."""
    issued_at = draw(moments)
    later = st.timedeltas(timedelta(seconds=1), command_base.LONGEST_SPAN).map(
        lambda span: issued_at + timedelta(seconds=int(span.total_seconds()))
    )
    common: dict[str, Any] = {
        "id": UUID(int=draw(st.integers(0, 2**128 - 1))),
        "model": draw(st.from_regex(r"^[a-z][a-z0-9-]{0,53}\Z")),
        "issued_at": issued_at,
        "expires_at": issued_at + timedelta(seconds=draw(st.integers(1, command_base.LIFETIME.seconds))),
    }
    kind = draw(st.sampled_from(sorted(requests.COMMANDS.values(), key=lambda kind: kind.__name__)))
    own: dict[type[Command], dict[str, st.SearchStrategy[Any]]] = {
        requests.AcknowledgeCommand: {"monitor": monitors, "note": reasons | st.just("")},
        requests.MuteCommand: {"monitor": monitors, "until": later | st.just(issued_at), "reason": reasons},
        requests.CheckCommand: {"window": st.none() | st.just("20240119T000000Z_1d")},
        requests.OpenDefectCommand: {
            "title": reasons,
            "severity": st.sampled_from(SEVERITIES),
            "windows": st.lists(st.just("20240119T000000Z_1d"), max_size=2),
        },
        requests.ChangeDefectCommand: {
            "defect": st.just("20240119-4af1"),
            "change": st.sampled_from(sorted({*get_args(DefectChange)} - {"assign"})),
            "note": reasons | st.just(""),
        },
        requests.ReleaseCommand: {
            "action": st.sampled_from(get_args(OverrideAction)),
            "version": st.none() | st.just("20240119-4af1"),
            "reason": reasons,
        },
        requests.ReproduceCommand: {"version": st.just("20240119-4af1")},
        requests.EraseCommand: {
            "subject": pseudonyms,
            "stored_as": st.lists(pseudonyms, max_size=8),
            "record": st.booleans(),
            "reason": reasons,
        },
        requests.ExceptCommand: {
            "invariant": st.sampled_from(sorted(INVARIANTS)),
            "owner": reasons,
            "until": st.timedeltas(timedelta(0), LONGEST_EXCEPTION).map(
                lambda span: issued_at + timedelta(seconds=int(span.total_seconds()))
            ),
            "reason": reasons,
        },
        requests.FreezeCommand: {"until": st.none() | later, "reason": reasons},
    }
    said = {name: draw(values) for name, values in own.get(kind, {"reason": reasons}).items()}
    return kind.model_validate(common | said)
