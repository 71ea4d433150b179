"""Release notes tell what differs between two versions, and no more."""

from steward.documentation.release_notes import ReleasedVersion, release_notes
from steward.markup.markdown import to_markdown
from tests.unit.examples import SPEC, evaluation, manifest, spec, stored


def test_what_differs_is_told_and_what_is_empty_on_both_sides_is_not() -> None:
    newer = manifest().model_copy(update={"version": "v2", "libraries": {"numpy": "2.5.1", "scikit-learn": "1.9.0"}})
    after = spec(SPEC + "data: {licence: contract 12}\n")
    notes = release_notes(
        ReleasedVersion(spec(), manifest(), evaluation()), ReleasedVersion(after, newer, evaluation()), [], [stored()]
    )
    text = to_markdown(notes)
    assert "| `numpy` | 2.5.0 | 2.5.1 |" in text
    assert "| `data.licence` | none | contract 12 |" in text
    assert "data.biases" not in text
    assert "The recipe is the same." in text
    assert "| log_loss | 0.4567 \\[0.4012 to 0.5122\\] | 0.4567 \\[0.4012 to 0.5122\\] |" in text
    assert f"| 1 | `some/key.json` | `v1` | `{'a' * 64}` |" in text


def test_the_first_version_is_compared_with_none() -> None:
    text = to_markdown(release_notes(None, ReleasedVersion(spec(), manifest(), evaluation())))
    assert "the first version" in text
    assert "## Data" not in text
    assert "| roc_auc |  | 0.8123 |" in text
