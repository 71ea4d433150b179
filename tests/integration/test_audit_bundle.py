"""`steward audit --bundle`: what auditors get, verified by the script in it, in a process without Steward."""

import base64
import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from steward import aws
from steward.ledger.checkpoints import Checkpoint

from . import lemons
from .deployment import Deployment
from .terminal import reached, run
from .test_verify_ledgers import audit, delete, put, tick, use_key


@pytest.fixture
def attested(steward: Deployment) -> Iterator[Deployment]:
    """A model that was trained, attested and audited by a deployment with a key."""
    use_key(steward, aws.kms().create_key(KeySpec="ECC_NIST_P256", KeyUsage="SIGN_VERIFY")["KeyMetadata"]["Arn"])
    lemons.begin(steward)
    tick(steward)
    audit(steward, whole=True)
    tick(steward)
    yield steward
    use_key(steward, "")


def pack(steward: Deployment, folder: Path, *options: str) -> Path:
    """Make a bundle, and unpack it."""
    with reached(steward):
        done = run("audit", "--bundle", str(folder / "out.zip"), *options)
    assert done.code == 0, done.text
    with zipfile.ZipFile(folder / "out.zip") as archive:
        archive.extractall(folder / "out")
    return folder / "out"


def verify(bundle: Path, *options: str, bare: bool = False) -> tuple[int, str]:
    """What the bundle's own script says, in a process that has nothing but the standard library and `cryptography`."""
    absent = ["steward", "pydantic", "rfc8785", "boto3", *(["cryptography"] if bare else [])]
    code = (
        f"import runpy, sys; sys.modules.update(dict.fromkeys({absent})); "
        "sys.argv[0] = 'verify.py'; runpy.run_path('verify.py', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", code, *options], cwd=bundle, check=False, capture_output=True, text=True
    )
    return done.returncode, done.stdout + done.stderr


def seal(bundle: Path) -> None:
    """Make the list of files anew, as who tampers would."""
    about = json.loads((bundle / "bundle.json").read_text())
    about["files"] = {
        name: hashlib.sha256((bundle / name).read_bytes()).hexdigest()
        for name in about["files"]
        if (bundle / name).exists()
    }
    (bundle / "bundle.json").write_text(json.dumps(about))


def ledger_lines(bundle: Path) -> list[dict]:
    return [json.loads(line) for line in (bundle / "ledger/lemons.jsonl").read_text().splitlines()]


def write_lines(bundle: Path, lines: list[dict]) -> None:
    (bundle / "ledger/lemons.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))


def change_entry(bundle: Path) -> str:
    lines = ledger_lines(bundle)
    lines[2]["entry"]["summary"] = "nothing happened"
    write_lines(bundle, lines)
    return "lemons 3"


def remove_entry(bundle: Path) -> str:
    lines = ledger_lines(bundle)
    write_lines(bundle, lines[:1] + lines[2:])
    return "lemons 2: the entry was removed"


def cut_ledger(bundle: Path) -> str:
    write_lines(bundle, ledger_lines(bundle)[:3])
    return "it was removed: checkpoint 2 has it"


def remove_ledger(bundle: Path) -> str:
    (bundle / "ledger/lemons.jsonl").unlink()
    return "lemons: its whole ledger was removed"


def remove_checkpoint(bundle: Path) -> str:
    (bundle / "checkpoints/0000000002.json").rename(bundle / "checkpoints/0000000003.json")
    content = json.loads((bundle / "checkpoints/0000000003.json").read_text())
    signed = json.loads(base64.b64decode(content["envelope"]["payload"])) | {"checkpoint": 3}
    content["envelope"]["payload"] = base64.b64encode(json.dumps(signed).encode()).decode()
    (bundle / "checkpoints/0000000003.json").write_text(json.dumps(content))
    return "checkpoint 2 is missing before it"


def change_head(bundle: Path) -> str:
    path = bundle / "checkpoints/0000000001.json"
    content = json.loads(path.read_text())
    content["heads"][0]["sequence"] += 1
    path.write_text(json.dumps(content))
    return "its heads are not those that were signed"


def change_time(bundle: Path) -> str:
    path = bundle / "checkpoints/0000000002.json"
    content = json.loads(path.read_text())
    signed = json.loads(base64.b64decode(content["envelope"]["payload"])) | {"written_at": "2030-01-01T00:00:00Z"}
    content["envelope"]["payload"] = base64.b64encode(json.dumps(signed).encode()).decode()
    path.write_text(json.dumps(content))
    return "its signature does not hold"


def change_manifest(bundle: Path) -> str:
    (path,) = bundle.glob("models/lemons/versions/*/manifest.json")
    path.write_bytes(path.read_bytes().replace(b'"seed":0', b'"seed":1'))
    return "it is of another manifest.json than the bundle has"


def change_artifact(bundle: Path) -> str:
    (path,) = bundle.glob("models/lemons/versions/*/manifest.json")
    content = json.loads(path.read_text())
    content["artifact"]["sha256"] = "f" * 64
    path.write_text(json.dumps(content))
    return "it is of another artifact than the manifest names"


def change_document(bundle: Path) -> str:
    path = min(bundle.glob("reports/lemons/documents/technical-file/annex-iv/*.md"))
    path.write_text(path.read_text().replace("Nothing answers it", "Evidence is stored"))
    return f"{path.relative_to(bundle)} does not have the bytes that it names"


def remove_document(bundle: Path) -> str:
    (path,) = bundle.glob("reports/lemons/documents/data-card/*/*.croissant.json")
    path.unlink()
    return f"{path.relative_to(bundle)} is missing"


def change_sources(bundle: Path) -> str:
    """Of a document, with its list made anew."""
    path = bundle / "reports/lemons/documents/history.json"
    content = json.loads(path.read_text())
    (name,) = [one for one in content["documents"] if one.startswith("data-card/")]
    content["documents"][name][0]["sources"][0]["sha256"] = "f" * 64
    path.write_text(json.dumps(content))
    return f"{name}, revision {content['documents'][name][0]['revision']}: its sources are not those"


def change_audit(bundle: Path) -> str:
    """Make an audit of another ledger, and the entry on it anew, as who rewrites the end of a ledger would."""
    (path,) = bundle.glob("reports/lemons/audits/*.json")
    content = json.loads(path.read_text())
    path.write_text(json.dumps(content | {"ledger_head": "f" * 64}))
    return f"it read another entry {content['ledger_entries']}"


TAMPERING: list[Callable[[Path], str]] = [
    change_entry, remove_entry, cut_ledger, remove_ledger, remove_checkpoint, change_head, change_time, change_manifest,
    change_artifact, change_document, remove_document, change_sources, change_audit,
]  # fmt: skip


def test_a_bundle_is_verified_without_steward_entry_by_entry_and_whatever_is_changed_is_named(
    attested: Deployment, tmp_path: Path
) -> None:
    bundle = pack(attested, tmp_path)
    code, said = verify(bundle)
    assert (code, "All holds." in said) == (0, True), said
    for document in (
        "model-card/",
        "data-card/",
        "release-notes/",
        "technical-file/annex-iv",
        "technical-file/sr-11-7",
    ):
        assert f"holds   {document}" in said
    page = (bundle / "index.html").read_text()
    assert "no checkpoint was written yet" not in page
    assert re.search(r"It read the ledger up to entry \d+\. Checkpoint 1 of .* covers that", page), page
    assert set(re.findall(r'<tr><td class="(.*?)">(.*?)</td>', page)) >= {("good", "holds"), ("", "not applicable")}
    assert '<td class="">note</td><td>training reproduced</td>' in page
    assert '"good">not applicable' not in page
    for entry in attested.entries("lemons"):
        assert f"holds   lemons {entry.sequence}  {entry.action}" in said
    code, said = verify(bundle, bare=True)
    assert (code, "pip install cryptography" in said) == (3, True)
    files = {path: path.read_bytes() for path in bundle.rglob("*") if path.is_file()}
    for tamper in TAMPERING:
        wanted = tamper(bundle)
        seal(bundle)
        code, said = verify(bundle, "--quiet")
        assert (code, wanted in said) == (1, True), (tamper.__name__, said)
        for path in [path for path in bundle.rglob("*") if path.is_file() and path not in files]:
            path.unlink()
        for path, body in files.items():
            path.write_bytes(body)
    (bundle / "models/lemons/routing.json").write_text("{}")
    assert "models/lemons/routing.json: it was changed after the bundle was made" in verify(bundle, "--quiet")[1]


def test_a_key_that_is_not_trusted_and_a_head_that_subscribers_had_otherwise_are_named(
    attested: Deployment, tmp_path: Path
) -> None:
    bundle = pack(attested, tmp_path)
    (key,) = (path.stem for path in bundle.glob("keys/*.pem"))
    head = attested.entries("lemons")[-1]
    witness = f"lemons:{head.sequence}:{head.hash}"
    assert verify(bundle, "--key", key, "--witness", witness)[0] == 0
    code, said = verify(bundle, "--key", "f" * 64, "--quiet")
    assert code == 1
    assert "it is not in the bundle" in said
    code, said = verify(bundle, "--witness", f"lemons:{head.sequence}:{'f' * 64}", "--quiet")
    assert code == 1
    assert f"lemons {head.sequence}" in said
    assert "the witness that you gave has" in said


def test_what_was_done_to_the_stored_ledger_is_named_by_the_bundle(attested: Deployment, tmp_path: Path) -> None:
    key = "lemons/0000000002.json"
    put(attested, key, attested.contents(key, attested.ledger)[key].replace(b"lemons", b"lemonz", 1))
    delete(attested, "lemons/0000000004.json")
    code, said = verify(pack(attested, tmp_path), "--quiet")
    assert code == 1
    assert "BROKEN  lemons 2 " in said
    assert "BROKEN  lemons 4: the entry was removed" in said


def test_a_bundle_of_one_model_proves_that_it_is_in_the_checkpoints_and_names_no_other(
    attested: Deployment, tmp_path: Path
) -> None:
    bundle = pack(attested, tmp_path, "--model", "lemons")
    code, said = verify(bundle)
    assert (code, "All holds." in said) == (0, True), said
    assert not [
        path for path in bundle.rglob("*") if path.is_file() and re.search(rb"(?<![a-z])_deployment", path.read_bytes())
    ]
    change_head(bundle)
    assert verify(bundle, "--quiet")[0] == 1


def test_a_bundle_since_a_day_begins_there_and_says_so(attested: Deployment, tmp_path: Path) -> None:
    moment = attested.entries("lemons")[-1].recorded_at
    bundle = pack(attested, tmp_path, "--model", "lemons", "--since", f"{moment:%Y-%m-%dT%H:%M:%S}")
    code, said = verify(bundle)
    assert (code, "All holds." in said) == (0, True), said
    assert "what was before it is not in this bundle" in said
    assert len(ledger_lines(bundle)) < len(attested.entries("lemons"))


def test_checkpoints_are_read_back_as_they_were_signed(attested: Deployment) -> None:
    for body in attested.contents("_checkpoints/", attested.ledger).values():
        assert Checkpoint.model_validate_json(body).model_dump_json().encode() == body


def test_a_bundle_overwrites_nothing(attested: Deployment, tmp_path: Path) -> None:
    (tmp_path / "out.zip").write_text("mine")
    with reached(attested):
        done = run("audit", "--bundle", str(tmp_path / "out.zip"))
    assert done.code != 0
    assert "is there already" in done.text
    assert (tmp_path / "out.zip").read_text() == "mine"
