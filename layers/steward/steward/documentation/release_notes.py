"""Release notes: what differs between two versions, and how the newer one was released."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from steward.events import ObjectRef
from steward.ledger import LedgerEntry
from steward.lineage.differences import Figures, of_datasets, of_specs, of_versions
from steward.lineage.fields import FieldChange
from steward.markup.document import Block, Bullets, Paragraph, Section, TextDocument, TextTable
from steward.markup.sources import sources_section
from steward.retraining.manifest import DatasetManifest
from steward.retraining.versions import VersionManifest
from steward.spec.model import ModelSpec
from steward.validation.evaluation import Evaluation

NOTES_TEMPLATE = 1
"""Counted up when release notes get another form."""

_LISTED = 8
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class ReleasedVersion:
    """One version, with what it is made of; None for what is not there."""

    spec: ModelSpec
    manifest: VersionManifest
    evaluation: Evaluation | None = None
    dataset: DatasetManifest | None = None


def release_notes(
    before: ReleasedVersion | None,
    after: ReleasedVersion,
    decisions: Sequence[LedgerEntry] = (),
    sources: Sequence[ObjectRef] = (),
) -> TextDocument:
    """What is new in a version.

    Args:
        before: the version that it is compared with; None for the first.
        after: the version.
        decisions: the ledger's entries about its release.
        sources: the objects that all this was read from.
    """
    model, version = after.manifest.model, after.manifest.version
    against = f"compared with {before.manifest.version}" if before else "the first version"
    return TextDocument(
        f"{model} {version}: release notes",
        [
            Paragraph(
                f"Version {version}, {against}; as of {after.manifest.as_of:%Y-%m-%d}. Template {NOTES_TEMPLATE}."
            ),
            *([Section(name, list(blocks)) for name, blocks in _differences(before, after)] if before else []),
            Section("Metrics", list(_metrics(before, after))),
            Section("Gates", list(_gates(after))),
            Section("Decisions", list(_decisions(decisions))),
            *([sources_section(sources)] if sources else []),
        ],
    )


def _differences(before: ReleasedVersion, after: ReleasedVersion) -> Iterator[tuple[str, Iterator[Block]]]:
    made = of_versions(before.manifest, after.manifest, (before.evaluation, after.evaluation))
    yield "Data", _data(before, after, made.training_rows, made.holdout_rows)
    yield "Recipe", _changes(made.recipe, "The recipe is the same.")
    features = [FieldChange(field="features on one side only", **made.features)] if any(made.features.values()) else []
    yield "Features", _changes(features, "The features are the same.")
    yield "Libraries", _changes([*made.libraries, *made.platform], "Libraries and platform are the same.")
    yield "Declaration", _changes(of_specs(before.spec, after.spec), "The declaration is the same.")


def _data(before: ReleasedVersion, after: ReleasedVersion, training: Figures, holdout: Figures) -> Iterator[Block]:
    yield TextTable(
        ("", "before", "after"),
        [
            ("training rows", _whole(training.before), _whole(training.after)),
            ("holdout rows", _whole(holdout.before), _whole(holdout.after)),
        ],
        frozenset((1, 2)),
    )
    if before.dataset is None or after.dataset is None:
        yield Paragraph("The datasets cannot be compared: one of their manifests is not there.")
        return
    found = of_datasets(before.dataset, after.dataset)
    objects = f"{found.same:,} the same, {len(found.only_after):,} new, {len(found.only_before):,} left out"
    yield Bullets(
        [
            f"Objects: {objects}, {len(found.changed):,} with other bytes",
            *(f"New: `{key}`" for key in found.only_after[:_LISTED]),
            *([f"and {len(found.only_after) - _LISTED:,} more"] if len(found.only_after) > _LISTED else []),
        ]
    )
    yield from _changes(found.spans, "")


def _changes(changes: Sequence[FieldChange], none: str) -> Iterator[Block]:
    said = [(f"`{one.field}`", _value(one.before), _value(one.after)) for one in changes]
    rows = [row for row in said if row[1] != row[2]]
    if rows:
        yield TextTable(("field", "before", "after"), rows)
    elif none:
        yield Paragraph(none)


def _metrics(before: ReleasedVersion | None, after: ReleasedVersion) -> Iterator[Block]:
    texts = [one.evaluation.metric_texts if one and one.evaluation else {} for one in (before, after)]
    names = list(dict.fromkeys([*texts[1], *texts[0]]))
    if not names:
        yield Paragraph("No metric was measured.")
        return
    yield Paragraph("Each with its 95 % interval, on the holdout of its own version.")
    rows = [(name, *(text.get(name, "") for text in texts)) for name in names]
    yield TextTable(("metric", "before", "after"), rows, frozenset((1, 2)))


def _gates(after: ReleasedVersion) -> Iterator[Block]:
    if after.evaluation is None:
        yield Paragraph("It was never judged.")
        return
    yield TextTable(
        ("gate", "result", "grounds"),
        [(gate.gate, "passed" if gate.passed else "refused", gate.message) for gate in after.evaluation.gates],
    )


def _decisions(decisions: Sequence[LedgerEntry]) -> Iterator[Block]:
    if not decisions:
        yield Paragraph("The ledger has no entry on its release.")
        return
    yield TextTable(
        ("entry", "as of", "decision", "why", "by"),
        [
            (
                str(one.sequence),
                f"{one.as_of:%Y-%m-%d %H:%M}",
                one.action.replace("_", " "),
                one.summary,
                one.author or one.function,
            )
            for one in decisions
        ],
        frozenset((0,)),
    )


def _whole(value: float | None) -> str:
    return "" if value is None else f"{value:,.0f}"


def _value(value: object) -> str:
    if value in (None, "", []):
        return "none"
    text = ", ".join(map(str, value)) if isinstance(value, list) else str(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} …"
