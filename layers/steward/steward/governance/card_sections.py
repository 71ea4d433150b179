"""The sections of a model card."""

import json
from collections.abc import Iterator, Mapping

from steward.governance.card import ModelCard
from steward.markup.document import Block, Bullets, Code, Paragraph, Section, TextDocument, TextTable
from steward.markup.markdown import to_markdown
from steward.markup.sources import sources_section
from steward.retraining.versions import VersionManifest
from steward.spec.model_description import ModelDescription
from steward.validation.evaluation import GateResult

_RANKED = 10
_DAY = "%Y-%m-%d"
UNWRITTEN = "Nobody has written this: `{field}` of the declaration is empty."
_OF_GROUPS = ("segments", "segments_not_worse_than_first", "fairness")
"""The gates that look at groups of rows."""


def card_markdown(card: ModelCard) -> str:
    """The card for people."""
    return to_markdown(card_document(card))


def card_document(card: ModelCard) -> TextDocument:
    """The card as a document: the nine sections of Mitchell et al. (2019), and how to score rows.

    Source: Mitchell et al. (2019), Model cards for model reporting.
    """
    manifest, evaluation = card.manifest, card.evaluation
    passed = "passed" if evaluation.passed else "refused"
    return TextDocument(
        f"{manifest.model}, version {manifest.version}",
        [
            Paragraph(card.description or "No description was declared."),
            Paragraph(
                f"Owner: {card.owner}. Task: {card.task.replace('_', ' ')}. Judgement: {passed}, as of "
                f"{manifest.as_of:{_DAY}}. Model card after Mitchell et al. (2019), template {card.template}."
            ),
            Section("Model details", list(_details(card))),
            Section(
                "Intended use",
                list(_texts(card, {"intended_use": "Use", "intended_users": "Users", "out_of_scope": "Out of scope"})),
            ),
            Section("Factors", list(_factors(card))),
            Section("Metrics", list(_metrics(card))),
            Section("Evaluation data", list(_evaluation_data(card))),
            Section("Training data", list(_training_data(card))),
            Section("Quantitative analyses", list(_analyses(card))),
            Section(
                "Ethical considerations",
                list(
                    _texts(
                        card,
                        {
                            "ethics": "Considerations",
                            "affected_people": "Whom it affects",
                            "risks": "Risks",
                            "risk_controls": "What was done about them",
                            "human_oversight": "Oversight",
                        },
                    )
                ),
            ),
            Section(
                "Caveats and recommendations",
                list(_texts(card, {"limitations": "Limitations", "caveats": "Caveats", "contact": "Contact"})),
            ),
            *_scoring(card),
            *([sources_section(card.sources)] if card.sources else []),
        ],
    )


def _texts(card: ModelCard, asked: Mapping[str, str]) -> Iterator[Block]:
    """What the team wrote; what it did not write is named."""
    written = (card.documentation or ModelDescription()).texts
    yield Bullets(
        [
            f"{words}: {written.get(field) or UNWRITTEN.format(field=f'documentation.{field}')}"
            for field, words in asked.items()
        ]
    )


def _details(card: ModelCard) -> Iterator[Block]:
    manifest = card.manifest
    libraries = ", ".join(f"{name} {version}" for name, version in manifest.libraries.items())
    platform = "; ".join(f"{name} {said}" for name, said in manifest.platform.items())
    licence = card.documentation.licence if card.documentation else ""
    yield Bullets(
        [
            _recipe(manifest),
            *([f"Search: {manifest.search.sentence}"] if manifest.search else []),
            *([f"Calibration: {manifest.calibration.sentence}"] if manifest.calibration else []),
            f"Features: {', '.join(manifest.features)}",
            _artifact(manifest),
            f"Libraries: {libraries or 'unknown'}",
            *([f"Platform: {platform}"] if platform else []),
            *([f"Trained by Steward {manifest.release}"] if manifest.release else []),
            *_importances(manifest),
            f"Licence: {licence or UNWRITTEN.format(field='documentation.licence')}",
        ]
    )
    if card.documentation and card.documentation.design_choice:
        yield Paragraph(card.documentation.design_choice)


def _factors(card: ModelCard) -> Iterator[Block]:
    yield from _texts(card, {"factors": "Relevant factors"})
    groups = [
        f"{words}: {', '.join(names)}"
        for words, names in (("Declared segments", card.segments), ("Protected attributes", card.protected))
        if names
    ]
    yield Bullets(groups) if groups else Paragraph("No segment and no protected attribute is declared.")


def _metrics(card: ModelCard) -> Iterator[Block]:
    yield from _texts(card, {"metric_choice": "Why these"})
    if card.threshold is not None:
        yield Paragraph(f"A row is decided to be {card.positive_label} from a score of {card.threshold:.6g} on.")
    intervals = card.evaluation.intervals
    rows = [
        (
            name,
            f"{value:.4f}",
            _interval(intervals.get(name)),
            _figure(card.evaluation.champion_metrics.get(name)),
        )
        for name, value in card.evaluation.metrics.items()
    ]
    if not rows:
        yield Paragraph("No metric was measured.")
        return
    yield TextTable(
        ("metric", "this version", "95 %", card.evaluation.champion or "base rate"), rows, frozenset((1, 2, 3))
    )
    if not intervals:
        yield Paragraph("The evaluation has no intervals: an older release made it, or the rows do not allow any.")


def _evaluation_data(card: ModelCard) -> Iterator[Block]:
    manifest, evaluation = card.manifest, card.evaluation
    unseen = f"which neither this version nor {evaluation.champion or 'any version before it'} was fitted on"
    if manifest.recipe:
        yield Paragraph(f"On {evaluation.holdout_rows:,} rows from {evaluation.holdout_start:{_DAY}} on, {unseen}.")
    else:
        yield Paragraph(
            f"On the {evaluation.holdout_rows:,} reference rows that have labels, as its makers scored them."
        )
    yield Paragraph(f"They are rows of the dataset `{evaluation.dataset.key}` (SHA-256 `{evaluation.dataset.sha256}`).")


def _training_data(card: ModelCard) -> Iterator[Block]:
    manifest, data = card.manifest, card.data
    span = f"from {manifest.training_start:{_DAY}} to {manifest.judged_until or manifest.trained_until:{_DAY}}"
    said = {
        "origin": "Origin",
        "licence": "Licence",
        "collection": "Collection",
        "labelling": "Labels",
        "preprocessing": "Preprocessing",
        "limitations": "Limitations",
        "biases": "Biases",
    }
    yield Bullets(
        [
            f"Rows: {manifest.training_rows:,}, {span}",
            *_span(manifest),
            f"Dataset: `{manifest.dataset.key}` (SHA-256 `{manifest.dataset.sha256}`)",
            *(
                f"{words}: {(getattr(data, field) if data else '') or UNWRITTEN.format(field=f'data.{field}')}"
                for field, words in said.items()
            ),
            _personal(card),
        ]
    )


def _personal(card: ModelCard) -> str:
    contains = card.data.contains_personal_data if card.data else None
    if contains is None:
        return f"Personal data: {UNWRITTEN.format(field='data.contains_personal_data')}"
    if not contains or card.data is None:
        return "Personal data: none, the team says"
    kinds = ", ".join(card.data.personal_data) or "kinds are not named"
    return f"Personal data: {kinds}; legal basis: {card.data.legal_basis or 'not said'}"


def _analyses(card: ModelCard) -> Iterator[Block]:
    gates = card.evaluation.gates
    said = [(gate.gate, "passed" if gate.passed else "refused", gate.message) for gate in gates]
    yield TextTable(("gate", "result", "grounds"), said)
    if not any(gate.findings for gate in gates if gate.gate in _OF_GROUPS):
        yield Paragraph(
            "No group of rows was judged by itself: declare `segments` and `validation.segment_margin`, or `fairness` "
            "and `validation.fairness`."
        )
    for gate in gates:
        if gate.findings:
            yield Section(gate.gate.replace("_", " "), [_findings(gate), *_figures(gate)])


def _findings(gate: GateResult) -> Bullets:
    return Bullets([f"{'passed' if found.passed else 'refused'}: {found.message}" for found in gate.findings])


def _figures(gate: GateResult) -> Iterator[Block]:
    """The figures of what a gate looked at, where it has any."""
    rows = [
        (
            found.name,
            _figure(found.value),
            _interval((found.low, found.high) if found.low is not None and found.high is not None else None),
            _figure(found.limit),
            f"{found.rows:,}",
        )
        for found in gate.findings
        if found.value is not None
    ]
    if rows:
        yield TextTable(("of", "figure", "interval", "limit", "rows"), rows, frozenset((1, 2, 3, 4)))


def _scoring(card: ModelCard) -> Iterator[Section]:
    """How to score rows with the artifact; nothing where there is none."""
    if card.manifest.artifact is None or not card.answers:
        return
    model, version = card.manifest.model, card.manifest.version
    columns = card.answers[0] if len(card.answers) == 1 else card.answers
    said = "predict(rows)" if card.task == "regression" else "predict_proba(rows)"
    one = "[:, 1]" if card.task == "binary_classification" else ""
    lines = (
        "import pandas, steward",
        f'model = steward.load("{model}-{version}")',
        'rows = pandas.read_csv("rows.csv")',
        f"rows[{json.dumps(columns)}] = model.{said}{one}",
        'rows.to_csv("scored.csv", index=False)',
    )
    before = f"After `steward checkout {model} {version}`, with the columns as they are uploaded:"
    yield Section("Scoring", [Paragraph(before), Code("\n".join(lines), "python")])


def _recipe(manifest: VersionManifest) -> str:
    if manifest.recipe is None:
        return "Trained elsewhere, and adopted from its reference rows"
    parameters = ", ".join(f"{name} = {value}" for name, value in manifest.recipe.parameters.items()) or "defaults"
    more = "".join(f", {setting}" for setting in manifest.recipe.settings)
    return f"Recipe: {manifest.recipe.estimator} ({parameters}), seed {manifest.recipe.seed}{more}"


def _span(manifest: VersionManifest) -> Iterator[str]:
    """Which rows these are, and that others were added once it had passed."""
    if manifest.span and manifest.span.sentence:
        yield f"Span: {manifest.span.sentence}"
    if manifest.judged:
        yield (
            f"Refitted: what serves was fitted on the holdout too, up to {manifest.trained_until:{_DAY}}; "
            f"what was judged is `{manifest.judged.key}` (SHA-256 `{manifest.judged.sha256}`)"
        )


def _artifact(manifest: VersionManifest) -> str:
    if manifest.artifact is None:
        return "Artifact: not kept here"
    return f"Artifact: `{manifest.artifact.key}` (SHA-256 `{manifest.artifact.sha256}`)"


def _importances(manifest: VersionManifest) -> Iterator[str]:
    """The features that carry most, by what shuffling each of them costs."""
    ranked = sorted(manifest.importances.items(), key=lambda item: -item[1])[:_RANKED]
    shown = ", ".join(f"{name} {share:.0%}" for name, share in ranked if share > 0)
    if shown:
        yield f"Importance, by shuffling: {shown}"


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _interval(bounds: tuple[float, float] | None) -> str:
    return "" if bounds is None else f"{bounds[0]:.4f} to {bounds[1]:.4f}"
