"""Mistakes that people make at the first use, with the exit code and the words that must answer each."""

import codecs
import csv
import gzip
import io
import json
import random
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2024, 1, 1, tzinfo=UTC)

SPEC = """\
model: tiny
owner: risk@example.com
task: binary_classification
columns: {id: id, time: timestamp, prediction: y_pred, score: y_pred_proba, label: repaid}
features:
  car_value: {type: numeric, minimum: 0}
  salary_range: {type: categorical, domain: [low, middle, high]}
  loan_length: numeric
window: {length: 1d}
retraining: {}
"""

Row = dict[str, object]


def rows(first: int, count: int = 40, *, day: int = 40, labelled: bool = False) -> list[Row]:
    """Predictions of one day, with ids from `first` on.

    Args:
        first: the first id.
        count: of rows.
        day: counted from the start; of labelled rows the first of many.
        labelled: with the truth, as reference rows have it.
    """
    chance = random.Random(first)  # noqa: S311 - made-up data
    made: list[Row] = []
    for at in range(count):
        score = round(chance.random(), 4)
        moment = START + timedelta(days=day + (at % 30 if labelled else 0), minutes=at)
        row: Row = {
            "id": first + at,
            "timestamp": moment.isoformat(),
            "car_value": round(chance.uniform(1_000, 90_000), 2),
            "salary_range": chance.choice(["low", "middle", "high"]),
            "loan_length": chance.randrange(6, 60),
            "y_pred_proba": score,
            "y_pred": int(score > 0.5),
        }
        made.append(row | ({"repaid": int(chance.random() < score)} if labelled else {}))
    return made


def text(table: list[Row], *, separator: str = ",", header: bool = True) -> str:
    """A table as CSV."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, list(table[0]), delimiter=separator, lineterminator="\n")
    if header:
        writer.writeheader()
    writer.writerows(table)
    return buffer.getvalue()


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake, made with the command.

    Attributes:
        what: somebody does.
        arguments: of the command.
        code: it must exit with.
        words: it must say, on either stream.
        files: that are there, by name.
        before: commands that were given before.
        never: what it must not say.
    """

    what: str
    arguments: str
    code: int
    words: tuple[str, ...]
    files: Mapping[str, str | bytes] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    never: tuple[str, ...] = ()


def _zip() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("xl/workbook.xml", "<workbook/>")
    return buffer.getvalue()


_next = iter(range(100_000, 10_000_000, 1_000))


def predictions(
    what: str,
    code: int,
    *words: str,
    change: Callable[[list[Row]], list[Row]] = lambda table: table,
    write: Callable[[list[Row]], str | bytes] = text,
    name: str = "pred.csv",
) -> Mistake:
    """A mistake in a file of predictions."""
    return Mistake(
        what, f"push {name} --model tiny --kind predictions", code, words, {name: write(change(rows(next(_next))))}
    )


def labels(
    what: str, code: int, *words: str, change: Callable[[list[Row]], list[Row]], column: str = "repaid"
) -> Mistake:
    """A mistake in a file of labels of predictions that were pushed before."""
    first = next(_next)
    table = [{"id": row["id"], column: row["y_pred"]} for row in rows(first)]
    return Mistake(
        what,
        "push labels.csv --model tiny --kind labels",
        code,
        words,
        {"labels.csv": text(change(table)), "before.csv": text(rows(first))},
        ("push before.csv --model tiny --kind predictions",),
    )


def each(column: str, value: Callable[[object], object]) -> Callable[[list[Row]], list[Row]]:
    """Change every cell of a column."""
    return lambda table: [row | {column: value(row[column])} for row in table]


def few(column: str, *values: object) -> Callable[[list[Row]], list[Row]]:
    """Change the first cells of a column."""
    return lambda table: [row | ({column: values[at]} if at < len(values) else {}) for at, row in enumerate(table)]


def without(column: str) -> Callable[[list[Row]], list[Row]]:
    """Leave a column out."""
    return lambda table: [{name: cell for name, cell in row.items() if name != column} for row in table]


def renamed(column: str, name: str) -> Callable[[list[Row]], list[Row]]:
    """Give a column another name."""
    return lambda table: [{name if key == column else key: cell for key, cell in row.items()} for row in table]


def declaration(what: str, *words: str, change: Callable[[str], str], code: int = 2) -> Mistake:
    """A mistake in a declaration."""
    return Mistake(what, "validate tiny.yaml", code, words, {"tiny.yaml": change(SPEC)})


def put(old: str, new: str) -> Callable[[str], str]:
    """Write something else in the declaration."""

    def change(spec: str) -> str:
        assert old in spec
        return spec.replace(old, new)

    return change


def decimal_comma(table: list[Row]) -> str:
    """As a German spreadsheet writes it."""
    return text(table, separator=";").replace(".", ",")


FILES = [
    Mistake(
        "1 a file that is not there",
        "push nofile.csv --model tiny --kind predictions",
        2,
        ("nofile.csv", "does not exist"),
    ),
    Mistake("2 a folder", "push . --model tiny --kind predictions", 2, ("is a directory",)),
    Mistake(
        "3 a misspelt model",
        "push pred.csv --model tinny --kind predictions",
        2,
        ("no model 'tinny'", "did you mean tiny?"),
        {"pred.csv": "id\n1\n"},
    ),
    Mistake(
        "4 the model in capitals",
        "push pred.csv --model Tiny --kind predictions",
        2,
        ("no model 'Tiny'", "did you mean tiny?"),
        {"pred.csv": "id\n1\n"},
    ),
    Mistake(
        "5 a misspelt kind",
        "push pred.csv --model tiny --kind prediction",
        2,
        ("prediction", "predictions"),
        {"pred.csv": "id\n1\n"},
    ),
    Mistake("6 no kind", "push pred.csv --model tiny", 2, ("--kind", "predictions"), {"pred.csv": "id\n1\n"}),
    Mistake("6b no model", "push pred.csv --kind predictions", 2, ("--model",), {"pred.csv": "id\n1\n"}),
    Mistake("7 no file", "push", 2, ("Missing argument", "files")),
    Mistake("8 a misspelt command", "stauts", 2, ("status",)),
    Mistake("9 a misspelt option", "push pred.csv --modle tiny", 2, ("--model",), {"pred.csv": "id\n1\n"}),
    predictions(
        "17 semicolons",
        0,
        "40 rows",
        write=lambda table: text(table, separator=";"),
    ),
    predictions("18 semicolons and decimal commas", 0, "40 rows", write=decimal_comma),
    predictions(
        "19 decimal commas in quotes",
        1,
        "nothing in column y_pred_proba is a number",
        "write digits with a point",
        change=each("y_pred_proba", lambda cell: str(cell).replace(".", ",")),
    ),
    predictions("20 a byte order mark", 0, "40 rows", write=lambda table: codecs.BOM_UTF8 + text(table).encode()),
    predictions(
        "21 latin-1 in one row",
        0,
        "39 rows; 1 more",
        "not_utf8",
        change=few("salary_range", "tr\xe8s bas"),
        write=lambda table: text(table).encode("latin-1"),
    ),
    predictions(
        "21b latin-1 in the name of a column",
        1,
        "not UTF-8",
        "save the file as UTF-8",
        change=renamed("loan_length", "dur\xe9e"),
        write=lambda table: text(table).encode("latin-1"),
    ),
    predictions("22 UTF-16", 1, "UTF-16", write=lambda table: text(table).encode("utf-16")),
    predictions(
        "23 epoch milliseconds",
        0,
        "40 rows",
        change=each("timestamp", lambda cell: int(datetime.fromisoformat(str(cell)).timestamp() * 1000)),
    ),
    predictions(
        "24 the day first",
        1,
        "column timestamp is a time",
        "ISO 8601",
        change=each("timestamp", lambda cell: f"{datetime.fromisoformat(str(cell)):%d/%m/%Y %H:%M}"),
    ),
    predictions(
        "25 times without an offset",
        0,
        "40 rows",
        change=each("timestamp", lambda cell: str(cell).replace("+00:00", "")),
    ),
    predictions(
        "26 times with an offset",
        0,
        "40 rows",
        change=each("timestamp", lambda cell: str(cell).replace("+00:00", "+02:00")),
    ),
    predictions(
        "27 the header once more",
        0,
        "40 rows; 1 more",
        "in quarantine",
        write=lambda table: text(table) + text(table).partition("\n")[0] + "\n",
    ),
    predictions(
        "28 a column twice",
        1,
        "more than one column car_value",
        "give each its own name",
        write=lambda table: text(table).replace("loan_length", "car_value", 1),
    ),
    predictions("29 an empty file", 1, "is empty (0 bytes)", "upload a file with rows", write=lambda _: ""),
    predictions(
        "30 a header alone", 1, "has a header and no rows", write=lambda table: text(table).partition("\n")[0] + "\n"
    ),
    predictions("31 a spreadsheet", 1, "let it end in .csv", write=lambda _: _zip(), name="pred.xlsx"),
    predictions("32 a spreadsheet called .csv", 1, "zip (or Excel) data", write=lambda _: _zip()),
    predictions("33 tabs", 0, "40 rows", write=lambda table: text(table, separator="\t"), name="pred.tsv"),
    predictions("34 gzip called .csv", 1, "gzip data", write=lambda table: gzip.compress(text(table).encode())),
    predictions("35 plain text called .gz", 1, "gzip", name="pred.csv.gz"),
    predictions("36 one JSON array", 1, "write one object a line, not an array", write=json.dumps, name="pred.jsonl"),
    predictions("38 three bad scores", 0, "37 rows; 3 more", "out_of_range", change=few("y_pred_proba", 1.5, -0.1, "")),
    predictions("39 ids of letters", 0, "40 rows", change=each("id", lambda cell: f"loan-{cell}")),
    predictions("40 a column is missing", 1, "lacks column loan_length", "it has", change=without("loan_length")),
    predictions("41 a column in capitals", 1, "is it Loan_Length?", change=renamed("loan_length", "Loan_Length")),
    predictions(
        "42 times to come",
        1,
        "more than a day from now",
        "correct the clock",
        change=each("timestamp", lambda cell: str(cell).replace("2024", "2031")),
    ),
    predictions(
        "43 the index of pandas", 0, "40 rows", change=lambda table: [{"": at, **row} for at, row in enumerate(table)]
    ),
    predictions(
        "44 predictions in words",
        1,
        "column y_pred",
        "not 1 or 0",
        "positive_label",
        change=each("y_pred", lambda cell: "yes" if cell else "no"),
    ),
    predictions(
        "45 thousands and currencies",
        0,
        "38 rows; 2 more",
        "wrong_type",
        change=few("car_value", "1,250.00", "\u20ac 900"),
    ),
    predictions(
        "46 ragged rows", 0, "40 rows; 2 more", "wrong_field_count", write=lambda table: text(table) + "1,2\n3,4,5\n"
    ),
    Mistake(
        "15 labels as predictions",
        "push labels.csv --model tiny --kind predictions",
        1,
        ("lacks", "it has id, repaid"),
        {"labels.csv": "id,repaid\n1,1\n"},
    ),
    labels(
        "47 labels in words", 1, "repaid", "positive_label", change=each("repaid", lambda cell: "yes" if cell else "no")
    ),
    labels(
        "48 labels good and bad",
        1,
        "repaid",
        "positive_label",
        change=each("repaid", lambda cell: "good" if cell else "bad"),
    ),
    labels("49 labels 2 and 3", 1, "repaid", "positive_label", change=each("repaid", lambda cell: 3 if cell else 2)),
    labels(
        "50 the label under another name",
        1,
        "lacks column repaid",
        "it has id, truth",
        change=renamed("repaid", "truth"),
    ),
]

YOUNG = SPEC.replace("model: tiny", "model: young")

ORDER = [
    Mistake(
        "10 predictions of a model that is not declared",
        "push pred.csv --model later --kind predictions",
        2,
        ("no model 'later' is declared; declared are",),
        {"pred.csv": text(rows(1))},
    ),
    Mistake(
        "11 predictions before the reference",
        "push pred.csv --model young --kind predictions",
        0,
        ("first version", "--kind reference"),
        {"young.yaml": YOUNG, "pred.csv": text(rows(1))},
        ("push young.yaml",),
    ),
    Mistake(
        "12 labels before predictions",
        "push labels.csv --model tiny --kind labels",
        0,
        ("40 rows", "have no prediction so far", "joined once it comes"),
        {"labels.csv": text([{"id": 9_000_000 + at, "repaid": at % 2} for at in range(40)])},
    ),
    Mistake(
        "13 labels of ids that nobody knows",
        "push labels.csv --model tiny --kind labels",
        0,
        ("40 of 40 labels have no prediction so far", "such as '9100000'", "under another id"),
        {"labels.csv": text([{"id": 9_100_000 + at, "repaid": at % 2} for at in range(40)])},
    ),
    Mistake(
        "14 ids with a fraction, as pandas writes them",
        "push labels.csv --model tiny --kind labels",
        0,
        ("40 rows",),
        {
            "before.csv": text(rows(9_200_000)),
            "labels.csv": text([{"id": f"{9_200_000 + at}.0", "repaid": at % 2} for at in range(40)]),
        },
        ("push before.csv --model tiny --kind predictions",),
        never=("no prediction",),
    ),
    Mistake(
        "16 the same file twice",
        "push pred.csv --model tiny --kind predictions",
        0,
        ("batch repeated", "nothing"),
        {"pred.csv": text(rows(9_300_000))},
        ("push pred.csv --model tiny --kind predictions",),
    ),
    predictions(
        "37 scores from 0 to 100",
        1,
        "out_of_range",
        "most of its 40 rows are in quarantine",
        "steward quarantine show tiny",
        change=each("y_pred_proba", lambda cell: 100 * float(str(cell))),
    ),
]

DECLARATIONS = [
    declaration(
        "53 a value that begins with @",
        "line 2, column 8",
        "'@'",
        "put the value in quotes",
        change=put("owner: risk@example.com", "owner: @me"),
    ),
    declaration("54 a misspelt setting", "line 9, column 1", "is it window?", change=put("window:", "windwo:")),
    declaration(
        "55 a misspelt monitor",
        "line 11, column 12",
        "is it feature_drift?",
        change=lambda spec: spec + "monitors: {feature_drfit: {}}\n",
    ),
    declaration("58 m for months", "windows of 1 minute", change=put("1d", "1m"), code=0),
    declaration(
        "59 cron as Unix has it",
        "line 11, column 13",
        "'0 3 * * *' is no schedule",
        "cron(0 3 ? * MON *)",
        change=lambda spec: spec + 'schedules: {check: "0 3 * * *"}\n',
    ),
    declaration(
        "61 a tolerance in percent",
        "line 11, column 22",
        "0.03",
        change=lambda spec: spec + "monitors: {roc_auc: {tolerance: 3}}\n",
    ),
    declaration(
        "62 a tolerance with its sign",
        "line 11, column 22",
        "'3%' is no number; write 0.03",
        change=lambda spec: spec + 'monitors: {roc_auc: {tolerance: "3%"}}\n',
    ),
    declaration(
        "64 an estimator that there is not",
        "line 10, column",
        "'XGBClassifier' is none of the choices",
        "RandomForestClassifier",
        change=put("retraining: {}", "retraining: {recipe: {estimator: XGBClassifier}}"),
    ),
    declaration(
        "65 a misspelt parameter",
        "line 10, column",
        "did you mean min_samples_leaf?",
        change=put(
            "retraining: {}",
            "retraining: {recipe: {estimator: RandomForestClassifier, parameters: {min_sample_leaf: 3}}}",
        ),
    ),
    declaration(
        "73 a name with a blank",
        "line 1, column 1",
        "'My Model' is no name of a model",
        "such as car-loan",
        change=put("model: tiny", "model: My Model"),
    ),
    declaration("51 a tab", "line 6, column 1", "'\\t'", change=put("  car_value", "\tcar_value")),
    declaration(
        "52 no colon",
        "line 3, column 1",
        "expected ':'",
        change=put("owner: risk@example.com", "owner risk@example.com"),
    ),
    declaration(
        "56 a task by another name",
        "line 3, column",
        "choose one of binary_classification",
        change=put("binary_classification", "binary"),
    ),
    declaration("57 a week in words", "line 9, column", "is not a duration", "d or w", change=put("1d", "1 week")),
    declaration(
        "60 days of month and of week",
        "put ? either",
        change=lambda spec: spec + "schedules: {check: cron(0 3 * * * *)}\n",
    ),
    declaration("63 an unknown segment", "salary", "categorical", change=lambda spec: spec + "segments: [salary]\n"),
    declaration(
        "66 more windows than there are",
        "4 bad windows of 3",
        change=lambda spec: spec + "alerting: {bad_windows: 4, of_windows: 3}\n",
    ),
    declaration("67 no score", "score is needed for binary_classification", change=put(", score: y_pred_proba", "")),
    declaration("68 the label is a feature", "repaid", "give it one part to play", change=put("loan_length", "repaid")),
    declaration(
        "69 a type by another name",
        "line 8, column",
        "'integer' is no type",
        "numeric",
        change=put("loan_length: numeric", "loan_length: integer"),
    ),
    declaration(
        "70 a key twice", "window stands twice", "keep one", change=lambda spec: spec + "window: {length: 1w}\n"
    ),
    declaration(
        "71 yes and no without quotes", "line 7, column", "quotes", change=put("[low, middle, high]", "[yes, no]")
    ),
    declaration("72 an empty declaration", "the file is empty", "model, owner", change=lambda _: ""),
    declaration("72b a list", "model", change=lambda _: "- model\n- owner\n"),
]

MODELS = [
    Mistake(
        f"{number} {command.split()[0]} of an unknown model",
        command,
        2,
        ("no model 'nope' is declared; declared are tiny",),
    )
    for number, command in [
        ("75", "status nope"),
        ("76a", "report nope"),
        ("76b", "log nope"),
        ("76c", "outcome nope"),
        ("77", "audit nope"),
        ("78a", "watch nope"),
        ("78b", "defects nope"),
        ("78c", "quarantine list nope"),
    ]
]

OWN = [
    Mistake("a1 an id that is none", "show tiny zzz", 2, ("'zzz'", "`steward log tiny`")),
    Mistake(
        "a2 a check of another model's window",
        "explain tiny 20240101T000000Z_1d",
        2,
        ("no check of window 20240101T000000Z_1d", "--checks"),
    ),
    Mistake(
        "a3 an id without its model", "explain 0123456789abcdef", 2, ("say whose check it is", "steward explain MODEL")
    ),
    Mistake("a4 a version as a check", "explain tiny 000001", 2, ("spec 000001 of tiny is no check",)),
    Mistake("a5 a defect that is not there", "defects tiny d1", 2, ("no defect 'd1'", "`steward defects tiny`")),
    Mistake(
        "a6 a batch that is not there",
        "quarantine show tiny 20240101",
        2,
        ("'20240101'", "`steward quarantine list tiny`"),
    ),
    Mistake("a7 a mute without an end", "mute tiny --reason holiday", 2, ("--for 2d", "--until")),
    Mistake("a8 two ends", "mute tiny --reason holiday --for 2d --until 2031-01-01", 2, ("--for", "--until")),
    Mistake("a9 a length in words", "mute tiny --reason holiday --for tomorrow", 2, ("'tomorrow' is not a duration",)),
    Mistake(
        "a10 an end in words", "freeze tiny --reason holiday --until yesterday", 2, ("yesterday", "2026-12-01T08:00")
    ),
    Mistake(
        "a11 the month 13", "freeze tiny --reason holiday --until 2026-13-01", 2, ("2026-13-01", "2026-12-01T08:00")
    ),
    Mistake("a12 an end that has passed", "freeze tiny --reason holiday --until 2019-01-01", 2, ("until", "before")),
    Mistake("a13 no reason", "retrain tiny", 2, ("--reason",)),
    Mistake("a14 a monitor that there is not", "acknowledge tiny --monitor feature_drfit", 2, ("feature_drift",)),
    Mistake("a15 a window that is none", "check tiny --window 2024-01-01", 2, ("window", "2024-01-01")),
    Mistake("a16 a change of a defect that there is not", "change-defect tiny d1 finish", 2, ("finish", "close")),
    Mistake("a17 nobody to assign to", "change-defect tiny d1 assign", 2, ("owner",)),
    Mistake("a18 an unknown function", "redrive check_windows", 2, ("'check_windows'", "check_window")),
    Mistake(
        "a19 a patience below zero",
        "retrain tiny --reason now --patience -1",
        2,
        ("--patience", "greater than or equal to 0"),
    ),
    Mistake("a20 no number of entries", "log tiny --last many", 2, ("--last", "valid integer")),
    Mistake(
        "a33 a wrong declaration among others",
        "push right.yaml wrong.yaml",
        2,
        ("wrong.yaml: line 9, column 1", "is it window?"),
        {"right.yaml": SPEC, "wrong.yaml": SPEC.replace("window:", "windwo:")},
        never=("right.yaml",),
    ),
    Mistake(
        "a34 a declaration of another model than the records",
        "push sunny.yaml ref.csv --model tiny --kind reference",
        2,
        ("sunny.yaml declares sunny, and --model says tiny", "one after the other"),
        {"sunny.yaml": SPEC.replace("model: tiny", "model: sunny"), "ref.csv": text(rows(1, labelled=True))},
        never=("s3://",),
    ),
    Mistake("a21 declarations that are not there", "validate tinny.yaml", 2, ("tinny.yaml", "does not exist")),
    Mistake(
        "a22 a file over another",
        "suggest pred.csv --output there.yaml",
        2,
        ("there.yaml",),
        {"pred.csv": text(rows(1, 400, labelled=True)), "there.yaml": ""},
    ),
    Mistake(
        "a23 a table that is not there", "compare nofile.csv pred.csv", 2, ("nofile.csv",), {"pred.csv": text(rows(1))}
    ),
    Mistake(
        "a24 tables without a common column",
        "compare a.csv b.csv",
        2,
        ("column",),
        {"a.csv": "x\n1\n2\n", "b.csv": "y\n1\n2\n"},
    ),
    Mistake("a25 a report into a file", "report tiny --out taken", 2, ("taken", "is a file"), {"taken": ""}),
    Mistake(
        "a26 a version into a folder that is there", "checkout tiny champion --to there", 2, ("there",), {"there": ""}
    ),
    Mistake("a27 a removal without a reason", "remove tiny --yes", 2, ("--reason",)),
    Mistake(
        "a28 two versions that are one kind each",
        "diff tiny 000001 champion",
        2,
        ("a spec and a version cannot be compared",),
    ),
    Mistake(
        "a29 corrections of a defect that is not there",
        "push pred.csv --model tiny --kind predictions --defect d9",
        1,
        ("d9",),
        {"pred.csv": text(rows(1))},
    ),
    Mistake(
        "a30 a withdrawal without a defect",
        "push pred.csv --model tiny --kind predictions --withdraw",
        2,
        ("--defect",),
        {"pred.csv": "id\n1\n"},
    ),
    Mistake(
        "a31 a promotion into the same place",
        "promote tiny champion --from steward --to steward",
        2,
        ("environment", "other names"),
    ),
    Mistake(
        "a32 a profile that there is not",
        "promote tiny champion --from steward@nowhere --to steward",
        2,
        ("no profile 'nowhere'", "aws configure list-profiles"),
    ),
]

ALL = [*FILES, *ORDER, *DECLARATIONS, *MODELS, *OWN]
