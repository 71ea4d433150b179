"""Pages are whole by themselves, run nothing, keep hostile text text, and stay small."""

import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from steward.reporting.drawing import HEIGHT, chart
from steward.reporting.first_steps import first_steps
from steward.reporting.fleet import FleetSummary, ModelSummary
from steward.reporting.ledger_projection import MAX_DEFECTS, LedgerProjection
from steward.reporting.page import fleet_page, page
from steward.reporting.report_evidence import ReportEvidence, StoredDocument
from steward.reporting.reported_monitors import MonitorState, Point, Trend
from steward.spec.monitors import MonitorName
from tests.unit.alerting.alert_dsl import seen, spec, window
from tests.unit.examples import stored
from tests.unit.properties import some_examples

from .evidence import audited, checked, defect, remembered, reported, result, told, usual

LARGEST_PAGE = 300_000
"""Bytes of a page, whatever it has to tell."""

HOSTILE = "<script>alert(1)</script><img src=x onerror=alert(1)>\"'><svg onload=alert(1)>{{ 7 * 7 }}&amp;"
VOID = {"meta", "link", "br", "img", "line", "polyline", "polygon", "circle", "path"}
ALLOWED = {
    "html", "head", "meta", "title", "link", "style", "body", "main", "header", "footer", "section", "div", "p", "span",
    "h1", "h2", "h3", "a", "code", "strong", "sup", "dl", "dt", "dd", "ol", "li", "details", "summary", "figure",
    "figcaption", "table", "caption", "thead", "tbody", "tr", "th", "td", "svg", "line", "polyline", "polygon",
    "circle", "path", "text", "ul",
}  # fmt: skip


class Reading(HTMLParser):
    """What a browser makes of a page: elements, links and text, every element closed in its place."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in VOID or (tag in ("circle", "path") and not self.get_starttag_text().endswith("/>")):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def harmless(html: str) -> Reading:
    read = Reading(html)
    assert set(read.elements) <= ALLOWED
    assert not [name for name, _ in read.attributes if name.startswith("on") or name in ("src", "srcset", "action")]
    links = [value for name, value in read.attributes if name in ("href", "xlink:href")]
    assert all(re.match(r"(#|data:,|\.\./index\.html|report\.json|[\w.%-]+/index\.html)", link or "") for link in links)
    assert "url(" not in html
    assert "@import" not in html
    return read


def hostile(text: str) -> ReportEvidence:
    """A model whose every text is what somebody else wrote."""
    declared = usual().spec.it.model_copy(update={"description": text, "owner": text})
    return ReportEvidence(
        spec=StoredDocument(declared, stored(text)),
        environment="production",
        story=told("champion_promoted", "run_failed", summary=text),
        routing=usual().routing,
        alerts=StoredDocument(seen("ggggggbbbb"), stored(text)),
        check=checked(result(status="breach", message=text)),
        histories=[remembered(10)],
        defects=[defect(1, title=text)],
        audit=audited(),
        problems=[text],
    )


def test_a_page_is_whole_by_itself_and_names_every_source() -> None:
    report = reported(usual("ggggggbbbb"), defects=[defect(1)])
    read = harmless(page(report))
    text = " ".join(read.words)
    for source in (report.declaration, report.champion.source, report.check.source, report.alerts, report.audit.source):
        assert source.key in text
        assert source.version_id in text
    cited = {value for name, value in read.attributes if name == "href" and value and value.startswith("#source-")}
    anchors = {f"#{value}" for name, value in read.attributes if name == "id" and value and value.startswith("source-")}
    assert cited == anchors
    assert "✖" in text  # how it is, beside the colour
    assert page(report) == page(report)


def test_a_note_of_the_audit_is_in_its_section_and_nothing_to_do_first() -> None:
    report = reported(usual(), audit=audited(holds=False, severity="info"))
    assert first_steps(report) == []
    assert report.audit.failed == []
    assert "5 entries follow one from another" in page(report)


def test_a_page_begins_with_what_to_do_first() -> None:
    bad = result(status="breach", message="log loss is 0.7")
    report = reported(usual("ggggggbbbb"), check=checked(bad), audit=audited(holds=False), defects=[defect(1)])
    html = page(report)
    steps = first_steps(report)
    assert [step.title for step in steps] == [
        "The audit fails",
        "Log loss: alert fires",
        f"Defect {defect(1).it.defect} is overdue",
    ]
    assert "beyond its limit in 4 of the last 10 windows" in steps[1].note
    assert steps[1].commands == ("steward acknowledge lemons log_loss",)
    assert f"steward explain lemons {report.check.check}" in html
    order = ['id="first"', 'class="facts"', 'id="trends"', 'id="monitors"', 'id="champion"']
    assert [html.index(part) for part in order] == sorted(html.index(part) for part in order)
    assert 'id="first"' not in page(reported())


def test_alerts_are_as_urgent_as_their_severity() -> None:
    info = usual(declared=spec("{flapping: null, monitors: {log_loss: {severity: info}}}")).spec
    report = reported(
        alerts=StoredDocument(seen("ggggggbbbb", monitors=("log_loss", "roc_auc")), stored("alerts")), spec=info
    )
    assert [(step.look, step.title) for step in first_steps(report)] == [
        ("warning", "ROC AUC: alert fires"),
        ("attention", "Log loss: alert fires"),
    ]


def test_a_failed_training_is_red_and_comes_first() -> None:
    report = reported(story=told("run_failed", summary="KeyError: 'age'"), routing=None, check=None, alerts=None)
    html = page(report)
    assert "Training failed, and no version is in charge" in html
    assert html.index("KeyError") < html.index('class="facts"')
    assert "Not measured" not in html
    fleet = fleet_page(FleetSummary().with_model(ModelSummary.of(report)))
    assert "Critical" in fleet
    assert "KeyError" in fleet


def test_a_likely_cause_is_shown_beside_an_alert_that_it_explains_and_no_other() -> None:
    def with_cause(monitors: tuple[MonitorName, ...], letters: str) -> str:
        alerts = seen(letters, monitors=monitors)
        named = {place: one.model_copy(update={"cause": "mostly concept drift", "check": checked().it.check})
                 for place, one in alerts.checks.items()}  # fmt: skip
        return page(reported(alerts=StoredDocument(alerts.model_copy(update={"checks": named}), stored("alerts"))))

    assert "mostly concept drift" in with_cause(("log_loss",), "ggggggbbbb")
    assert "mostly concept drift" not in with_cause(("volume",), "ggggggbbbb")
    assert "mostly concept drift" not in with_cause(("log_loss",), "gggggggggg")


def test_every_chart_has_a_scale() -> None:
    drawn = [chart(trend) for trend in reported().trends]
    assert drawn
    for one in drawn:
        assert len(one.ticks) >= 2
        heights = [height for height, _ in one.ticks]
        assert heights == sorted(heights, reverse=True)  # larger figures lie higher
        assert 0 < min(heights) < max(heights) < HEIGHT


def test_what_is_not_measured_is_not_shown_as_ok() -> None:
    unknown = checked(result(status="unknown", value=None, message="no label came"))
    text = " ".join(harmless(page(reported(check=unknown, alerts=None))).words)
    assert "not measured" in text
    assert "● ok" not in text.replace("  ", " ")
    held = page(reported(story=told("defect_changed", summary="by arn:aws:iam::123456789012:user/ann; hers")))
    assert "by ann; hers" in held


def test_a_monitor_that_cannot_tell_is_neither_ok_nor_well() -> None:
    doubtful = result(monitor="feature_drift", column="age", status="unknown", p_value=0.3, message="windows differ")
    report = reported(check=checked(doubtful), alerts=None)
    text = " ".join(harmless(page(report)).words)
    assert "cannot tell for 1 of 1 columns: <code>age</code>; windows differ" in page(report)
    assert "not measured" not in text
    assert "the newest window cannot tell: feature drift" in report.headline.lower()
    assert report.health == "attention"


def test_a_model_is_not_called_well_without_a_word_of_what_cannot_be_told() -> None:
    doubtful = result(monitor="feature_drift", column="age", status="unknown", p_value=0.3, message="windows differ")
    calm = result(monitor="feature_drift", column="price", status="ok", p_value=0.3, message="as ever")
    report = reported(check=checked(doubtful, calm), alerts=None)
    assert (report.health, report.headline) == ("attention", "The newest window cannot tell: feature drift.")
    assert "cannot tell for 1 of 2 columns: <code>age</code>; nothing found in the others" in page(report)


def test_hostile_text_stays_text() -> None:
    report = reported(hostile(HOSTILE))
    read = harmless(page(report))
    assert "script" not in read.elements
    assert "img" not in read.elements
    assert " ".join(read.words).count(HOSTILE) >= 8
    line = ModelSummary.of(report)
    harmless(fleet_page(FleetSummary().with_model(line.model_copy(update={"headline": HOSTILE, "champion": HOSTILE}))))


@some_examples(40)
@given(st.text(min_size=1))
def test_any_text_stays_text(text: str) -> None:
    clean = text.encode("utf-8", "replace").decode().replace("`", "'")
    assert harmless(page(reported(hostile(clean)))).elements == harmless(page(reported(hostile("plain")))).elements


def test_the_page_of_an_empty_model_says_so() -> None:
    bare = ReportEvidence(spec=usual().spec, environment="production", story=LedgerProjection())
    text = " ".join(harmless(page(reported(bare))).words)
    for words in ("none yet", "Nothing has been checked yet.", "Nothing that people need know of.", "None is open."):
        assert words in text


def test_a_page_stays_small_however_much_there_is_to_tell() -> None:
    long = "a sentence of some length, " * 200
    every: tuple[MonitorName, ...] = tuple(MonitorName.__value__.__args__) if hasattr(MonitorName, "__value__") else ()
    names = every or tuple(
        name for part in MonitorName.__args__ for name in (part.__args__ if hasattr(part, "__args__") else (part,))
    )
    report = reported(
        alerts=StoredDocument(seen("bbgg" * 25, monitors=names), stored("alerts/lemons.json")),
        check=checked(*[result(monitor=name, status="breach", message=long) for name in names], day=99),
        histories=[remembered(5000)],
        defects=[defect(number, title=long) for number in range(MAX_DEFECTS)],
        story=told(*["run_failed"] * 3000, summary=long),
    )
    assert len(report.monitors) == len(names) > 30
    size = len(page(report).encode())
    print(f"{size:,} bytes of page, {len(report.model_dump_json()):,} of JSON")
    assert size <= LARGEST_PAGE


@given(
    st.lists(
        st.tuples(st.floats(-1e12, 1e12), st.booleans(), st.sampled_from([None, True, False])), min_size=2, max_size=80
    ),
    st.one_of(st.none(), st.floats(-1e12, 1e12)),
)
def test_any_figures_can_be_drawn(points: list, limit: float | None) -> None:
    trend = Trend(
        name="log_loss",
        points=[
            Point(window=window(day), version=f"v{day // 7}", value=value, estimated=estimated, bad=bad)
            for day, (value, estimated, bad) in enumerate(points)
        ],
        limit=limit,
        sources=[],
    )
    read = harmless(page(reported().model_copy(update={"trends": [trend]})))
    for name, value in read.attributes:
        if name in ("cx", "cy", "x1", "y1", "y2"):
            assert -1 <= float(value or "nan") <= 321


def test_a_limit_is_drawn_over_the_windows_of_the_version_that_it_is_of() -> None:
    points = [Point(window=window(day), version="v0" if day < 6 else "v1", value=0.5 + day / 100) for day in range(10)]
    trend = Trend(name="log_loss", points=points, limit=0.55, baseline=0.52, sources=[])
    html = page(reported().model_copy(update={"trends": [trend]}))
    (took,) = re.findall(r'class="took" x1="([\d.]+)"', html)
    assert re.findall(r'class="limit" x1="([\d.]+)" x2="320"', html) == [took]
    assert re.findall(r'class="usual" x1="([\d.]+)" x2="320"', html) == [took]
    assert 200 < float(took) < 215


@given(st.lists(st.one_of(st.none(), st.floats(0, 1e9)), max_size=80))
def test_any_distances_make_a_small_trend(distances: list[float | None]) -> None:
    state = MonitorState(monitor="log_loss", status="ok", sentence="", trend=distances)
    harmless(page(reported().model_copy(update={"monitors": [state]})))


@pytest.mark.parametrize("hours", [1, 24])
def test_windows_shorter_than_a_day_are_told_with_their_hour(hours: int) -> None:
    length = "1h" if hours == 1 else "1d"
    name = f"20240105T060000Z_{length}" if hours == 1 else f"20240105T000000Z_{length}"
    check = checked()
    report = reported(check=StoredDocument(check.it.model_copy(update={"window": name}), check.stored), alerts=None)
    assert ("05 Jan 2024 06:00" if hours == 1 else "05 Jan 2024") in page(report)
    assert spec().window.length.days == 1
