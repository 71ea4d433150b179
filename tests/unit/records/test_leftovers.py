"""What engines leave beside their data is told from data by its name, and a name without an ending by its content."""

import bz2
import gzip

import pytest
import zstandard

from steward.errors import BatchInvalid
from steward.records.formats import open_rows
from steward.records.leftovers import is_leftover, is_part

from .test_bad_files import CSV, parquet

LEFT = [
    "_SUCCESS", "run=1/_SUCCESS", "_committed_8123", "_started_8123", "_metadata", "_common_metadata",
    "_delta_log/00000000000000000000.json", "_delta_log/_last_checkpoint",
    "_temporary/0/_temporary/attempt_1/part-00000.csv", "_spark_metadata/0", "_symlink_format_manifest/manifest",
    ".part-00000.csv.crc", "part-00000.csv.crc", "._SUCCESS.crc",
    ".hive-staging_hive_2024-01-21_10-00-00_000_1/-ext-10000/000000_0", ".DS_Store", "a/.DS_Store",
    "._predictions.csv", "__MACOSX/predictions.csv", ".ipynb_checkpoints/predictions-checkpoint.csv",
    "predictions_$folder$", "a/b_$folder$", "part-00000.csv._COPYING_",
    "0f8fad5b-d9cb-469f-a165-70867728950e.csv.metadata", "manifest", "0000_part.manifest",
    "0f8fad5b-d9cb-469f-a165-70867728950e-manifest.csv", "manifest.json", "Thumbs.db", "desktop.ini",
    "~$sales.csv", ".hoodie/hoodie.properties", "metadata/version-hint.text", "metadata/v1.metadata.json",
    "metadata/00000-0f8fad5b-d9cb-469f-a165-70867728950e.metadata.json",
    "metadata/snap-5786354-1-0f8fad5b-d9cb-469f-a165-70867728950e.avro",
    "metadata/0f8fad5b-d9cb-469f-a165-70867728950e-m0.avro",
]  # fmt: skip
DATA = [
    "a.csv", "_a.csv", "_day=2024-01-21/a.csv", "day=2024-01-21/part-00000", "part-00000.snappy.parquet",
    "shipping-manifest.csv", "sales.metadata.json", "a b.csv", "metadata.csv", "..", "../a.csv",
    "./a.csv", "$folder$.csv", "crc.csv", "größe.csv", "\n.csv",
]  # fmt: skip
PARTS = [
    "part-00000.csv", "part-00000-0f8fad5b-d9cb-469f-a165-70867728950e-c000.snappy.parquet", "part-r-00000",
    "part-m-00001.gz", "run-1582000000000-part-r-00000", "run=1/part-00001.csv", "part.0.parquet", "000000_0",
    "000000_0.gz", "000001_1000", "0000_part_00", "sales0003_part_01.parquet", "data_0_0_0.csv.gz",
    "data_0.parquet", "sales-000000000012.json",
    "20240121_103000_00012_abcde_0f8fad5b-d9cb-469f-a165-70867728950e.gz",
    "stream-1-2024-01-21-10-30-00-0f8fad5b-d9cb-469f-a165-70867728950e",
]  # fmt: skip
WHOLE = ["predictions.csv", "2024-01-21.csv", "party-1.csv", "part.csv", "a.parquet", "partial-1.csv", "sales-2024.csv"]


@pytest.mark.parametrize("path", LEFT)
def test_markers_checksums_and_hidden_folders_are_no_data(path):
    assert is_leftover(path)


@pytest.mark.parametrize("path", DATA + PARTS + WHOLE)
def test_anything_that_may_be_data_is_looked_at(path):
    assert not is_leftover(path)


@pytest.mark.parametrize("path", PARTS)
def test_engines_name_the_parts_of_a_table(path):
    assert is_part(path)


@pytest.mark.parametrize("path", WHOLE)
def test_people_name_whole_files(path):
    assert not is_part(path)


@pytest.mark.parametrize(
    "name", ["part-00000", "0000_part_00", "data_0_0_0", "stream-1-2024-01-21", "a.2024-01-21", "a", "csv", "Größe 1"]
)
@pytest.mark.parametrize("compress", [bytes, gzip.compress, zstandard.compress])
@pytest.mark.parametrize("written", ["csv", "jsonl"])
def test_a_name_without_an_ending_is_read_by_its_content(judge, write, row, listed, name, compress, written):  # noqa: PLR0917
    content = compress(write[written]([row(), row(flight="UA2")]))
    expected = judge(write["csv"]([row(), row(flight="UA2")]), "a.csv")
    assert listed(judge(content, name).records) == listed(expected.records)


def test_parquet_without_an_ending(judge):
    assert judge(parquet(), "0000_part_00").records.rows == 3


def test_a_compressed_name_without_another_ending(judge):
    assert judge(gzip.compress(CSV), "000000_0.gz").records.rows == 1


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"", "empty_file"), (b"ORC" + bytes(99), "unknown_format"), (b"Obj\x01" + bytes(99), "unknown_format"),
     (b"PK\x03\x04" + bytes(99), "unknown_format"), (bytes(99), "not_text")],
)  # fmt: skip
def test_a_name_without_an_ending_and_content_of_no_format(judge, content, code):
    with pytest.raises(BatchInvalid) as caught:
        judge(content, "export")
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["a.parquet.gzip", "a.parquet.gz", "a.parquet.snappy", "a.pq.zst"])
def test_a_compression_in_the_name_of_plain_parquet_is_the_one_inside(judge, listed, name):
    assert listed(judge(parquet(), name).records) == listed(judge(parquet(), "a.parquet").records)


def test_compressions_may_be_named_in_full(judge, write, row, listed):
    content = write["csv"]([row(), row(flight="UA2")])
    whole = listed(judge(content, "a.csv").records)
    assert listed(judge(gzip.compress(content), "a.csv.gzip").records) == whole
    assert listed(judge(zstandard.compress(content), "a.csv.zstd").records) == whole


@pytest.mark.parametrize("name", ["a.csv", "export"])
@pytest.mark.parametrize("header", ["ORCHARD", "BZhours", "PAR1", "ORC"])
def test_a_header_may_begin_with_the_letters_of_another_format(tmp_path, name, header):
    path = tmp_path / name
    path.write_bytes(f"{header},x\n1,2\n".encode())
    assert open_rows(path, name).names == (header, "x")


@pytest.mark.parametrize("content", [bz2.compress(CSV), b"ORC\x0a\x1e\x0a\x04", parquet()])
def test_other_formats_are_not_read_as_text(judge, content):
    with pytest.raises(BatchInvalid) as caught:
        judge(content, "a.csv")
    assert caught.value.code == "not_what_its_name_says"
