"""Whom a row is about is stored as a hash, alike in every format; a file may lack the column."""

import io

from steward.baselines.baseline import Baseline
from steward.profiles.profile_input import ProfileInput
from steward.profiles.profiling_config import ProfilingConfig
from steward.records.stored import read_stored, write_records
from steward.spec.windows import ORIGIN, Window
from tests.unit.records.conftest import as_csv, as_jsonl

NAMES = ["anna@example.com", "bert@example.com", "anna@example.com", None]


def test_the_entity_is_stored_as_a_hash_whatever_the_format(spec, judge_by, row) -> None:
    declared = spec.model_copy(update={"columns": spec.columns.model_copy(update={"entity": "who"})})
    rows = [row(flight=f"UA{at}", who=name) for at, name in enumerate(NAMES)]
    stored = []
    for content, name in ((as_csv(rows), "a.csv"), (as_jsonl(rows), "a.jsonl")):
        verdict = judge_by(declared, content, name)
        column = verdict.records.chunk.columns["who"]
        assert column.codes[0] == column.codes[2] != column.codes[1]
        assert column.codes[3] == -1
        body = write_records(verdict.records, declared)
        assert b"example.com" not in body
        (read,) = read_stored(body, declared)
        stored.append([read.chunk.columns["who"].categories[code] for code in read.chunk.columns["who"].codes[:3]])
        portion = ProfileInput(read.chunk, read.ids, read.times)
        window = Window(ORIGIN, declared.window.length)
        baseline = Baseline.of([(window, portion)], ProfilingConfig.of(declared), holdout=None)
        assert sum(baseline.reference.entities.counts) == 3
        assert baseline.clusters is not None
    assert stored[0] == stored[1]


def test_a_file_may_lack_the_entity(spec, judge_by, row) -> None:
    declared = spec.model_copy(update={"columns": spec.columns.model_copy(update={"entity": "who"})})
    verdict = judge_by(declared, as_csv([row()]), "a.csv")
    assert verdict.records.rows == 1
    assert "who" not in verdict.records.chunk.columns
    assert io.BytesIO(write_records(verdict.records, declared)).getbuffer().nbytes


def test_an_entity_that_is_a_feature_too_stays_what_it_is(spec, judge_by, row) -> None:
    declared = spec.model_copy(update={"columns": spec.columns.model_copy(update={"entity": "carrier"})})
    verdict = judge_by(declared, as_csv([row()]), "a.csv")
    assert verdict.records.chunk.columns["carrier"].categories == ("UA",)
