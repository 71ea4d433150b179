"""Text, moments and embeddings are taken apart as their definitions say, whatever the neighbours."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.errors import IncomparableProfiles
from steward.profiles.derived_features import (
    TextBins,
    TimeBins,
    derive,
    derive_embedding_features,
    derive_text_features,
    derive_time_features,
)
from steward.profiles.embeddings import FREQUENCIES, EmbeddingBins, EmbeddingSums
from steward.profiles.text_statistics import MOST_CHARACTERS, text_statistics
from steward.records.columns import EmbeddingColumn, NumericColumn, TextColumn, TimeColumn

texts = st.lists(st.text(st.sampled_from("ab Z9éßİ東 \n\t,.!-\u00a0_京"), max_size=20), max_size=8)


def naive(text: str) -> tuple[int, list[str], float]:
    """Length, words in lower case and share of non-letters, one character after the other."""
    words = re.findall(r"[\u3041-\u30ff\u4e00-\u9fff]|[^\W_\u3041-\u30ff\u4e00-\u9fff]+", text)
    visible = [character for character in text if not character.isspace()]
    share = sum(not character.isalpha() for character in visible) / len(visible) if visible else np.nan
    return len(text), [word.lower() if word != "İ" else word for word in words], share


@given(texts)
def test_texts_have_the_figures_of_their_definition(found):
    figured = text_statistics(found)
    expected = [naive(text) for text in found]
    assert figured.length.tolist() == [length for length, _, _ in expected]
    assert figured.words.tolist() == [len(words) for _, words, _ in expected]
    np.testing.assert_allclose(figured.non_letters, [share for _, _, share in expected], atol=1e-15)


@given(texts)
def test_a_text_has_the_same_words_among_others_as_alone(found):
    alone = [text_statistics([text]).tokens.tolist() for text in found]
    assert text_statistics(found).tokens.tolist() == [token for tokens in alone for token in tokens]


def test_words_are_told_apart_by_their_letters_and_not_by_their_case():
    tokens = text_statistics(["Good good GOOD goodd doog oogd Straße STRASSE"]).tokens.tolist()
    assert len(set(tokens[:3])) == 1
    assert len(set(tokens)) == 6


def test_words_of_any_length_and_texts_of_any_length_are_read():
    long = text_statistics(["x" * 1000, "y" * 1000, "ab " * 50_000])
    assert long.length.tolist() == [1000, 1000, 150_000]
    assert long.words.tolist() == [1, 1, (MOST_CHARACTERS + 2) // 3]
    assert long.tokens[0] != long.tokens[1]


def column(*values) -> TextColumn:
    return TextColumn(np.array(values, object))


def test_words_that_the_reference_has_twice_are_known():
    bins = TextBins.of([column("the cat", None), column("The dog, the cat")])
    parts = derive_text_features(column("the cat sat", "dog!", "", None, "?"), bins)
    assert parts["out_of_vocabulary"].values.tolist() == pytest.approx([1 / 3, 1, np.nan, np.nan, np.nan], nan_ok=True)
    assert parts["words"].values.tolist() == pytest.approx([3, 1, 0, np.nan, 0], nan_ok=True)
    assert all(part.missing.tolist() == [False, False, False, True, False] for part in parts.values())


def test_the_vocabulary_does_not_depend_on_the_split_and_keeps_the_most_frequent(monkeypatch):
    monkeypatch.setattr("steward.profiles.derived_features.VOCABULARY", 50)
    random = np.random.default_rng(0)
    words = np.minimum(random.zipf(1.5, 5000), 400)
    whole = [f"word{word}" for word in words]
    parts = [column(*whole[begin : begin + 700]) for begin in range(0, 5000, 700)]
    bins = TextBins.of([column(*whole)])
    assert bins == TextBins.of(parts) == TextBins.of(parts[::-1])
    assert len(bins.known) == 50
    frequent = [f"word{word}" for word in np.argsort(-np.bincount(words), kind="stable")[:20]]
    assert not bins.unknown(text_statistics(frequent).tokens).any()


def test_a_reference_without_text_knows_no_word():
    for bins in (TextBins.of([]), TextBins.of([column(None, None)])):
        parts = derive_text_features(column("any word"), bins)
        assert parts["out_of_vocabulary"].values.tolist() == [1.0]


def test_moments_have_their_age_weekday_and_hour():
    moments = np.array(["2024-02-29T23:59:59.5", "1969-12-31T00:00", "NaT", "2024-03-02T00:00"], "datetime64[us]")
    times = np.array(["2024-03-01T00:00:00", "1970-01-01T00:00", "2024-03-01", "NaT"], "datetime64[us]")
    parts = derive_time_features(TimeColumn(moments), times)
    assert parts["age"].values.tolist() == pytest.approx([0.5, 86_400, np.nan, np.nan], nan_ok=True)
    assert parts["age"].missing.tolist() == [False, False, True, True]
    named = {name: [parts[name].cell(at) for at in range(4)] for name in ("weekday", "hour")}
    assert named == {"weekday": ["thursday", "wednesday", None, "saturday"], "hour": ["23", "00", None, "00"]}


def test_without_event_times_no_age_is_known():
    moments = TimeColumn(np.array(["2024-02-29"], "datetime64[us]"))
    assert set(derive({"sold": moments}, {"sold": TimeBins()})) == {"sold.weekday", "sold.hour"}


def test_vectors_have_their_norm_and_their_angle_to_the_mean():
    reference = EmbeddingColumn(np.array([[2, 0], [0, 2]], np.float32))
    vectors = np.array([[3, 4], [1, 1], [-1, -1], [0, 0], [np.nan, np.nan]], np.float32)
    parts = derive_embedding_features(EmbeddingColumn(vectors, np.arange(5) == 4), EmbeddingBins.of([reference]))
    assert parts["norm"].values.tolist() == pytest.approx([5, 2**0.5, 2**0.5, 0, np.nan], nan_ok=True)
    assert parts["cosine"].values.tolist() == pytest.approx([7 / 5 / 2**0.5, 1, -1, np.nan, np.nan], nan_ok=True)
    assert parts["norm"].missing.sum() == 1


@given(st.integers(1, 9), st.integers(1, 600), st.integers(0, 2**32))
def test_a_vector_has_the_same_figures_in_any_company(rows, dimensions, seed):
    vectors = np.random.default_rng(seed).normal(size=(rows, dimensions)).astype(np.float32)
    bins = EmbeddingBins.of([EmbeddingColumn(vectors)])
    norms, cosines = bins.norms_and_cosines(EmbeddingColumn(vectors))
    for at in range(rows):
        alone = bins.norms_and_cosines(EmbeddingColumn(vectors[at : at + 1]))
        assert (alone[0][0], alone[1][0]) == (norms[at], cosines[at])


def test_inner_products_of_mapped_vectors_are_near_the_gaussian_kernel():
    vectors = np.random.default_rng(0).normal(size=(200, 20))
    bins = EmbeddingBins.of([EmbeddingColumn(vectors.astype(np.float32))])
    distances = np.linalg.norm(vectors[:, None] - vectors, axis=2)
    assert bins.bandwidth == pytest.approx(np.median(distances[np.triu_indices(200, 1)]), rel=1e-5)
    mapped = bins.features(vectors)
    np.testing.assert_allclose(np.linalg.norm(mapped, axis=1), 1)
    error = mapped @ mapped.T - np.exp(-(distances**2) / (2 * bins.bandwidth**2))
    assert np.sqrt(np.mean(error**2)) < 1.5 / np.sqrt(FREQUENCIES)


def test_sums_of_embeddings_give_the_mean_vector():
    vectors = np.array([[1, 2], [3, 4], [np.nan, np.nan], [np.inf, 0]], np.float32)
    found = EmbeddingColumn(vectors, np.arange(4) == 2)
    bins = EmbeddingBins.of([found])
    sums = EmbeddingSums.of(found, bins)
    assert (sums.rows, sums.missing, sums.count, sums.mean.tolist()) == (4, 1, 2, [2.0, 3.0])
    assert np.isnan(EmbeddingSums.empty(bins).mean).all()


@pytest.mark.parametrize("vectors", [np.zeros((0, 3)), np.zeros((5, 3)), np.full((5, 3), np.nan)])
def test_references_without_a_direction_give_no_cosine_and_no_error(vectors):
    bins = EmbeddingBins.of([EmbeddingColumn(vectors.astype(np.float32))])
    assert bins.bandwidth == 1
    parts = derive_embedding_features(EmbeddingColumn(np.ones((2, 3), np.float32)), bins)
    assert np.isnan(parts["cosine"].values).all()


def test_vectors_of_other_dimensions_are_refused():
    bins = EmbeddingBins.of([EmbeddingColumn(np.ones((2, 3), np.float32))])
    other = EmbeddingColumn(np.ones((2, 4), np.float32))
    for use in (derive_embedding_features, EmbeddingSums.of):
        with pytest.raises(IncomparableProfiles, match="4 dimensions, where the baseline has 3"):
            use(other, bins)


def test_a_column_of_another_type_is_refused():
    with pytest.raises(IncomparableProfiles, match="column sold is NumericColumn but the baseline has it datetime"):
        derive({"sold": NumericColumn(np.ones(1))}, {"sold": TimeBins()})
