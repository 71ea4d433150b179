"""Names and values that are markup, formulas or lines of a log stay text wherever Steward writes them."""

import json

import pytest
from markdown_it import MarkdownIt

from steward.runtime import logger
from tests.integration import lemons
from tests.integration.deployment import Deployment
from tests.unit.reporting.test_page import Reading

HOSTILE = (
    "<script>alert(1)</script> =HYPERLINK(\"http://example.com\") ![x](http://example.com/x.png) \\n{'level': 'OK'}"
)
FORMULA = "=cmd|' /C calc'!A0"
MAKES = (HOSTILE, FORMULA, "@SUM(1)\r\nFAKE LOG LINE")
RESULTS = ("reports/", "models/", "checks/", "alerts/", "runs/")


def hostile_rows(first_day: int, days: int):
    """Rows whose makes are hostile texts."""
    rows = lemons.sales(days, first_day=first_day)
    return rows.assign(make=rows["make"].map(dict(zip(("Ford", "Opel", "Fiat"), MAKES, strict=True))))


@pytest.fixture
def attacked(steward: Deployment) -> Deployment:
    """A model whose declaration, files and rows were written by somebody hostile."""
    spec = lemons.SPEC.replace("Will this used car prove a lemon?", json.dumps(HOSTILE))
    steward.upload("specs/lemons.yaml", spec.replace("quality@example.com", json.dumps(FORMULA)))
    steward.settle()
    steward.upload("inbox/lemons/reference/first.csv", lemons.csv(hostile_rows(0, 14)))
    steward.settle()
    for day, rows in ((15, lemons.sales(1, first_day=15)), (16, hostile_rows(16, 1))):
        named = f"inbox/lemons/predictions/{day} <img src=x onerror=alert(1)>.csv"
        steward.upload(named, lemons.csv(lemons.predictions(rows)))
        steward.settle()
    steward.upload("inbox/lemons/predictions/=1+1\nnext.csv", b"<script>\n=1+1\n")
    steward.settle()
    return steward


def test_hostile_texts_stay_text(attacked: Deployment) -> None:
    assert not attacked.errors
    assert attacked.champion("lemons")
    found = {key: body for prefix in RESULTS for key, body in attacked.contents(prefix).items()}
    pages = {key: body.decode() for key, body in found.items() if key.endswith(".html")}
    assert pages
    for page in pages.values():
        assert not {"script", "img", "iframe"} & set(Reading(page).elements)
    texts = {key: body.decode() for key, body in found.items() if key.endswith(".md")}
    assert any("alert(1)" in text for text in texts.values()), "the description is in no card: the test plants nothing"
    for text in texts.values():
        rendered = Reading(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))
        assert not {"script", "img", "iframe"} & set(rendered.elements)
    assert not [key for key in found if key.endswith(".csv")], "a spreadsheet would carry out what is in a CSV file"
    subjects = [message.get("Subject", "") for message in attacked.notifications]
    assert all(subject.isprintable() and len(subject) <= 100 for subject in subjects)


def test_no_text_makes_a_line_of_the_log(attacked: Deployment, caplog: pytest.LogCaptureFixture) -> None:
    attacked.upload("inbox/lemons/predictions/again\nFAKE LOG LINE.csv", b"<script>\nFAKE LOG LINE\n")
    attacked.settle()
    logged = [logger.registered_handler.format(record) for record in caplog.records]
    assert logged
    assert all("\n" not in line and isinstance(json.loads(line), dict) for line in logged)
