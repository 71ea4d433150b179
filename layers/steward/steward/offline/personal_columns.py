"""Suggests what is done with columns that hold personal data."""

from collections import Counter
from collections.abc import Iterator

import numpy as np

from steward.events import PersonalDataFinding
from steward.offline.sampling import CellSample
from steward.privacy.row_sample import cell_texts
from steward.privacy.scan import find_personal_data
from steward.spec.model import ModelSpec
from steward.spec.yaml_writer import YamlSection, comment

_CELLS = 1000
"""Cells of a column that are looked at, of its sample."""


def find_in_cells(cells: CellSample) -> list[PersonalDataFinding]:
    """The personal data in sampled cells."""
    columns = {}
    for name, arrays in cells.items():
        each = max(1, _CELLS // max(1, len(arrays)))
        texts = [text for array in arrays for text in cell_texts(array, np.arange(min(each, len(array))), name)]
        columns[name] = Counter(filter(None, texts))
    return list(find_personal_data(columns))


def policy_lines(findings: list[PersonalDataFinding], spec: ModelSpec, *, terse: bool = False) -> Iterator[str]:
    """The section `personal_data`, with the reason of each policy: a feature has none, since a person must decide.

    Args:
        findings: in the reference.
        spec: the declaration without the section.
        terse: whether the reasons are left out.
    """
    policies, columns = YamlSection("personal_data"), YamlSection("columns")
    declared, held = spec.declared, {spec.columns.id, spec.columns.entity}
    for finding in findings:
        name = finding.column
        if name in held:
            columns.add(name, {"policy": "pseudonymize"}, f"{finding.sentence}; needs the parameter PseudonymKeyArn")
        elif name not in declared and name not in spec.columns.roles:
            columns.add(name, {"policy": "drop"}, finding.sentence)
        else:
            yield comment(
                f"TO DO: {finding.sentence}: remove it above and write `{{policy: drop}}` under personal_data.columns, "
                "or `{policy: allow, reason: ...}`."
            )
    if columns.entries:
        policies.nest(columns)
        yield from policies.lines(terse=terse)
