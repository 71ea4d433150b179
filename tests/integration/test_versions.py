"""`steward log`, `show`, `diff` and `checkout` on what the functions stored."""

import json
import platform
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score
from typer.testing import CliRunner, Result

from steward import aws
from steward.cli import versions
from steward.cli.app import app
from steward.cli.deployment import Deployment as Reached
from steward.errors import NotReleased, ObjectChanged, SpecInvalid, StewardError
from steward.events import ObjectRef, RetrainingProposed
from steward.lineage.identifiers import UnknownId
from steward.store.bucket import Bucket
from steward.store.bus import Bus
from steward.store.ledger import Ledger
from steward.store.stored_objects import sha256
from tests.integration import lemons

from .deployment import BUS, Deployment

Run = Callable[..., Result]


@pytest.fixture
def run(trained: Deployment, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run the command against the deployment, without a stack to find it by."""
    data, ledger = Bucket(trained.data, trained.name), Ledger(Bucket(trained.ledger), "cli")
    reached = Reached(data, ledger, Bus(BUS), "accept_commands", {})
    monkeypatch.setattr(Reached, "of", lambda _stack: reached)
    monkeypatch.setattr(versions.console, "_width", 200)

    def run(*arguments: str) -> Result:
        result = CliRunner().invoke(app, arguments)
        if isinstance(result.exception, StewardError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result

    return run


@pytest.fixture
def twice(trained: Deployment) -> tuple[str, str]:
    """Two versions of `lemons`: of the upright world, and with some days of the flipped one."""
    for day in (16, 17, 18):
        sold = lemons.sales(1, first_day=day, flipped=True)
        sold["mileage"] *= 2
        trained.upload(f"inbox/lemons/reference/{day}.csv", lemons.csv(sold))
    trained.settle()
    as_of = trained.clock.now
    trained.publish(
        RetrainingProposed(occurred_at=as_of, as_of=as_of, model="lemons", correlation_id="test", reason="someone asks")
    )
    trained.settle()
    first, second = sorted(key.split("/")[3] for key in trained.keys("models/lemons/versions/") if "/manifest" in key)
    return first, second


def known(run: Run, model: str = "lemons") -> dict[str, str]:
    """An id of each kind that `log` names."""
    return {one["subject"]: one["id"] for one in json.loads(run("log", model, "--json").stdout)[::-1]}


def test_log_tells_the_newest_first_and_show_knows_every_id(trained: Deployment, run: Run) -> None:
    told = json.loads(run("log", "lemons", "--json").stdout)
    assert [one["happened"] for one in told] == [
        "champion promoted", "validation completed", "training completed", "dataset frozen", "model registered",
    ]  # fmt: skip
    for one in told:
        shown = json.loads(run("show", "lemons", one["id"], "--json").stdout)
        assert (shown["kind"], shown["id"]) == (one["subject"], one["id"])
        assert one["id"] in run("show", "lemons", one["id"]).stdout
        assert one["id"] in run("log", "lemons").stdout
    assert len(json.loads(run("log", "lemons", "--json", "--last", "2").stdout)) == 2


def test_show_finds_baselines_runs_and_checks_by_the_beginning_of_their_ids(trained: Deployment, run: Run) -> None:
    trained.upload("inbox/lemons/predictions/a.csv", lemons.csv(lemons.predictions(lemons.sales(1, first_day=15))))
    trained.settle()
    manifest = trained.object(f"models/lemons/versions/{trained.champion('lemons')}/manifest.json")
    check = trained.keys("checks/lemons/")[0].rsplit("/", 1)[-1].removesuffix(".json")
    for kind, identity in (
        ("baseline", manifest["baseline"]["sha256"][:8]),
        ("run", manifest["run"]),
        ("check", check[:8]),
    ):
        shown = json.loads(run("show", "lemons", identity, "--json").stdout)
        assert shown["kind"] == kind
        content = aws.s3().get_object(Bucket=trained.data, Key=shown["stored"]["key"])["Body"].read()
        assert shown["stored"]["sha256"] == sha256(content)
        assert shown["document"] == json.loads(content)
        assert kind in run("show", "lemons", identity).stdout


def test_an_unknown_id_and_an_unknown_model_are_said_so(run: Run) -> None:
    with pytest.raises(UnknownId, match="nothing of lemons has an id"):
        run("show", "lemons", "zzz")
    with pytest.raises(StewardError, match="no model 'pears' is declared"):
        run("log", "pears")


def test_diff_of_versions_tells_data_metrics_and_importances(twice: tuple[str, str], run: Run) -> None:
    found = json.loads(run("diff", "lemons", *twice, "--json").stdout)
    assert (found["kind"], found["spec"]) == ("version", [])
    assert (found["model"]["recipe"], found["model"]["platform"]) == ([], [])
    assert {"roc_auc", "log_loss"} <= found["model"]["metrics"].keys()
    assert set(found["model"]["importances"]) == {"age", "mileage", "make"}
    data = found["data"]
    assert (len(data["only_after"]), data["only_before"], data["changed"]) == (3, [], [])
    assert data["rows"] == {"before": 5600, "after": 6800}
    assert "mileage" in data["profiles"]["drifted"]
    assert any("objects are in both" in note for note in data["profiles"]["notes"])
    assert f"architecture {platform.machine()}" in run("show", "lemons", twice[0]).stdout
    shown = run("diff", "lemons", *twice).stdout
    assert "mileage" in shown
    assert "roc_auc" in shown


def test_diff_of_a_thing_with_itself_finds_no_drift(twice: tuple[str, str], run: Run) -> None:
    for kind, identity in known(run).items():
        found = json.loads(run("diff", "lemons", identity, identity, "--json").stdout)
        assert not found["spec"], kind
        assert not found["data"] or not (found["data"]["only_after"] or found["data"]["profiles"]["drifted"]), kind
        run("diff", "lemons", identity, identity)


def test_diff_of_specs_baselines_and_of_two_kinds(trained: Deployment, twice: tuple[str, str], run: Run) -> None:
    trained.upload("specs/lemons.yaml", lemons.SPEC.replace("owner: ", "owner: new-"))
    trained.settle()
    found = json.loads(run("diff", "lemons", "000001", "000002", "--json").stdout)
    assert [change["field"] for change in found["spec"]] == ["owner"]
    assert "owner" in run("diff", "lemons", "000001", "000002").stdout
    manifests = [trained.object(f"models/lemons/versions/{version}/manifest.json") for version in twice]
    baselines = [manifest["baseline"]["sha256"][:16] for manifest in manifests]
    found = json.loads(run("diff", "lemons", *baselines, "--json").stdout)
    fields = {change["field"]: (change["before"], change["after"]) for change in found["baseline"]}
    assert fields["rows"][0] < fields["rows"][1]
    assert "columns.mileage.mean" in fields
    assert "rows" in run("diff", "lemons", *baselines).stdout
    dataset = manifests[1]["dataset"]["key"].split("/")[-2]
    found = json.loads(run("diff", "lemons", twice[0], dataset, "--json").stdout)
    assert (found["kind"], len(found["data"]["only_after"])) == ("dataset", 3)
    with pytest.raises(StewardError, match="a spec and a version cannot be compared"):
        run("diff", "lemons", "000001", twice[0])


def test_diff_says_what_it_could_not_read(trained: Deployment, twice: tuple[str, str], run: Run) -> None:
    manifest = trained.object(f"models/lemons/versions/{twice[0]}/manifest.json")
    item = trained.object(manifest["dataset"]["key"])["objects"][0]["stored"]
    aws.s3().delete_object(Bucket=trained.data, Key=item["key"], VersionId=item["version_id"])
    data = json.loads(run("diff", "lemons", *twice, "--json").stdout)["data"]
    assert item["key"] in data["unread"]
    assert (data["rows"], data["profiles"]) == (None, None)


def test_checkout_brings_every_part_with_its_bytes(trained: Deployment, run: Run, tmp_path: Path) -> None:
    version = trained.champion("lemons")
    folder = tmp_path / "out"
    told = json.loads(run("checkout", "lemons", version[:10], "--to", str(folder), "--json").stdout)
    files = {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}
    assert files == set(told["files"])
    manifest = json.loads((folder / "manifest.json").read_bytes())
    for part in ("artifact", "baseline", "background", "spec", "dataset"):
        name = {"artifact": "model.skops", "dataset": "dataset/manifest.json"}.get(part, f"{part}.json")
        assert sha256((folder / name).read_bytes()) == manifest[part]["sha256"]
    for item in json.loads((folder / "dataset/manifest.json").read_bytes())["objects"]:
        assert sha256((folder / "dataset" / item["stored"]["key"]).read_bytes()) == item["stored"]["sha256"]
    card = trained.contents(f"models/lemons/versions/{version}/card.md")
    assert list(card.values()) == [(folder / "card.md").read_bytes()]
    with pytest.raises(StewardError, match="nothing is overwritten"):
        run("checkout", "lemons", version, "--to", str(folder))
    assert "every hash verified" in run("checkout", "lemons", version, "--to", str(tmp_path / "again")).stdout


def test_the_lines_of_the_card_score_rows_as_they_are_uploaded(
    trained: Deployment, run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    version, sold = trained.champion("lemons"), lemons.sales(1, first_day=20)
    monkeypatch.chdir(tmp_path)
    run("checkout", "lemons", version)
    sold.to_csv("rows.csv", index=False)
    card = Path(f"lemons-{version}/card.md").read_text()
    exec(card.partition("```python\n")[2].partition("```")[0], {})  # noqa: S102 - the card's own
    scored = pd.read_csv("scored.csv")
    assert roc_auc_score(scored["lemon"], scored["risk"]) > 0.7
    assert 0.9 < scored["risk"].mean() / scored["lemon"].mean() < 1.1


def test_champion_stands_for_the_version_in_charge(
    trained: Deployment, twice: tuple[str, str], run: Run, tmp_path: Path
) -> None:
    version = trained.champion("lemons")
    shown = json.loads(run("show", "lemons", "champion", "--json").stdout)
    assert (shown["kind"], shown["id"]) == ("version", version)
    (other,) = set(twice) - {version}
    assert json.loads(run("diff", "lemons", other, "champion", "--json").stdout)["after"] == version
    told = json.loads(run("checkout", "lemons", "champion", "--to", str(tmp_path / "out"), "--json").stdout)
    assert told["version"] == version
    trained.upload("models/lemons/routing.json", json.dumps({"model": "lemons", "promotions": []}))
    with pytest.raises(UnknownId, match="no version of lemons is in charge"):
        run("show", "lemons", "champion")


@pytest.mark.parametrize("part", ["artifact", "baseline", "dataset", "spec"])
def test_a_checkout_of_changed_bytes_leaves_nothing(trained: Deployment, run: Run, tmp_path: Path, part: str) -> None:
    version = trained.champion("lemons")
    run_key = next(key for key in trained.keys("runs/lemons/") if "_policy" not in key)
    kept = trained.object(run_key)
    manifest = trained.object(kept["manifest"]["key"])
    forged = ObjectRef.model_validate(manifest[part]).model_copy(update={"sha256": "0" * 64})
    body = json.dumps(manifest | {part: forged.model_dump()}).encode()
    version_id = trained.upload(kept["manifest"]["key"], body)
    with pytest.raises(ObjectChanged, match="is not the one that run"):
        run("checkout", "lemons", version, "--to", str(tmp_path / "out"))
    kept["manifest"] |= {"version_id": version_id, "sha256": sha256(body)}
    trained.upload(run_key, json.dumps(kept))
    with pytest.raises(ObjectChanged, match="has SHA-256"):
        run("checkout", "lemons", version, "--to", str(tmp_path / "out"))
    assert list(tmp_path.iterdir()) == []


def test_a_version_that_is_not_released_is_brought_only_when_asked_for(
    trained: Deployment, twice: tuple[str, str], run: Run, tmp_path: Path
) -> None:
    (other,) = set(twice) - {trained.champion("lemons")}
    if any(item["version"] == other for item in trained.object("models/lemons/routing.json")["promotions"]):
        trained.upload("models/lemons/routing.json", json.dumps({"model": "lemons", "promotions": []}))
    with pytest.raises(NotReleased, match=f"{other} is not released in production"):
        run("checkout", "lemons", other, "--to", str(tmp_path / "out"))
    run("checkout", "lemons", other, "--to", str(tmp_path / "out"), "--unreleased")
    assert (tmp_path / "out" / "model.skops").exists()


def test_outcome_tells_how_the_newest_run_ended(trained: Deployment, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    told = json.loads(run("outcome", "lemons", "--json").stdout)
    assert (told["stage"], told["version"]) == ("promoted", trained.champion("lemons"))
    assert told["run"] in run("outcome", "lemons").stdout
    key = f"runs/lemons/{told['run']}.json"
    trained.upload(key, json.dumps(told | {"stage": "refused", "outcome": "no better"}))
    refused = CliRunner().invoke(app, ["outcome", "lemons"])
    assert refused.exit_code == 1
    assert "no better" in refused.stdout
    trained.upload(key, json.dumps(told | {"stage": "trained"}))
    with pytest.raises(StewardError, match="is trained, and has not ended within 0 s"):
        run("outcome", "lemons", "--patience", "0")
    with pytest.raises(StewardError, match="no model 'pears' is declared"):
        run("outcome", "pears")


def test_validate_reads_declarations_without_any_deployment(run: Run, tmp_path: Path) -> None:
    good = tmp_path / "lemons.yaml"
    good.write_text(lemons.SPEC)
    assert "declares lemons: 3 features" in run("validate", str(good)).stdout.replace("\n", " ")
    other = tmp_path / "Pears 2.yaml"
    other.write_text(lemons.SPEC)
    assert run("validate", str(good), str(other)).stdout.count("declares lemons") == 2
    good.write_text(lemons.SPEC.replace("numeric", "number"))
    with pytest.raises(SpecInvalid, match="line"):
        run("validate", str(good))
