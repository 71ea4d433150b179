"""Whatever the body of a request holds, it is read as rows, or refused with a remedy."""

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.serving.refusals import RequestRefused
from steward.serving.request_body import MOST_BYTES, MOST_ROWS, decode_body
from tests.unit.serving.declared import JSON


def test_an_object_is_one_row_and_an_array_several() -> None:
    assert decode_body('{"age": 1.50}', JSON).rows == [{"age": "1.50"}]
    assert decode_body('{"age": 1}', JSON).single
    assert decode_body('[{"age": 1}, {"age": null}]', JSON).rows == [{"age": "1"}, {"age": None}]


def test_numbers_keep_all_their_digits() -> None:
    digits = "9" * 5000
    assert decode_body(f'{{"sale": {digits}}}', JSON).rows == [{"sale": digits}]


def test_base64_is_decoded_where_lambda_gives_it() -> None:
    body = base64.b64encode(b'{"age": 1}').decode()
    assert decode_body(body, JSON, encoded=True).rows == [{"age": "1"}]


REFUSED = {
    "no body": (None, JSON, 400, "no body"),
    "blank body": ("  ", JSON, 400, "no body"),
    "no JSON": ('{"age": 1', JSON, 400, "not JSON at line 1, column 10"),
    "NaN": ('{"age": NaN}', JSON, 400, "NaN, which JSON does not have; write null"),
    "infinity": ('[{"age": -Infinity}]', JSON, 400, "-Infinity"),
    "a key twice": ('{"age": 1, "age": 2}', JSON, 400, "'age' twice"),
    "nested too deeply": ("[" * 100_000, JSON, 400, "nested too deeply"),
    "no rows": ("[]", JSON, 422, "no rows"),
    "a number": ("5", JSON, 422, "a text or a number"),
    "null": ("null", JSON, 422, "null"),
    "rows of rows": ('[{"age": 1}, [2]]', JSON, 422, "not every row"),
    "too many rows": ("[" + ",".join(["{}"] * (MOST_ROWS + 1)) + "]", JSON, 413, "10,001 rows"),
    "10 MB": (json.dumps([{"note": "x" * 1000}] * 10_000), JSON, 413, f"{MOST_BYTES:,} bytes"),
    "CSV": ("age\n1", {"content-type": "text/csv"}, 415, "text/csv"),
    "no type": ("{}", {}, 415, "missing"),
    "UTF-16": ("{}", {"content-type": "application/json; charset=utf-16"}, 415, "utf-16"),
    "gzip": ("{}", {**JSON, "content-encoding": "gzip"}, 415, "gzip"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_body_that_holds_no_rows_is_refused(what: str) -> None:
    body, headers, status, said = REFUSED[what]
    with pytest.raises(RequestRefused, match=said) as refused:
        decode_body(body, headers)
    assert refused.value.status == status
    assert json.loads(refused.value.body)["status"] == status


def test_bytes_that_are_no_text_are_refused() -> None:
    for body in (base64.b64encode(b"\xff\xfe").decode(), "%%%"):
        with pytest.raises(RequestRefused, match="UTF-8"):
            decode_body(body, JSON, encoded=True)


@given(st.text() | st.binary().map(lambda body: base64.b64encode(body).decode()))
def test_any_body_is_read_or_refused(body: str) -> None:
    for encoded in (False, True):
        try:
            found = decode_body(body, JSON, encoded=encoded).rows
        except RequestRefused as refusal:
            found = [refusal] if 400 <= refusal.status < 500 else []
        assert found
