"""A stack of the kept release is upgraded under traffic, rolled back, and upgraded again: nothing is lost."""

import tarfile
import time
import zipfile
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import pytest

from infra.local import deployment
from infra.local.stack import Stack, beside
from steward.events import BatchIngested, ReleaseChanged
from steward.ledger import verify
from steward.store.kinds import kinds_of
from tests.integration import lemons
from tests.integration.releases import KEPT

from .deployed import Deployed

NAME = "steward-upgraded"
MODEL = "quinces"
SPEC = lemons.SPEC.replace("model: lemons", f"model: {MODEL}")
INBOX = f"inbox/{MODEL}"
FILES, ROWS = 200, 10


def kept_template(folder: Path) -> Path:
    """The kept release, ready to be deployed, with the libraries of the present layers."""
    with tarfile.open(KEPT) as kept:
        kept.extractall(folder, filter="data")
    older = folder / "steward.zip"
    with zipfile.ZipFile(deployment.layer_archive("Steward")) as present, zipfile.ZipFile(older, "w") as target:
        for name in present.namelist():
            if not name.startswith("python/steward/"):
                target.writestr(name, present.read(name))
        for path in deployment.sources(folder / "layers" / "steward" / "steward"):
            target.write(path, Path("python") / path.relative_to(folder / "layers" / "steward"))
    archives = {"steward": older, "data": deployment.layer_archive("Data"), "learn": deployment.layer_archive("Learn")}
    template = folder / "template.yaml"
    text = template.read_text()
    for layer, archive in archives.items():
        assert f"ContentUri: layers/{layer}/" in text
        text = text.replace(f"ContentUri: layers/{layer}/", f"ContentUri: {archive}")
    template.write_text(text)
    return template


def deploy_kept(stack: Stack, template: Path) -> None:
    """Deploy the kept release."""
    deployment.sam(
        [
            *("deploy", "--template-file", template, "--stack-name", NAME, "--s3-bucket", deployment.ARTIFACTS),
            *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset"),
            *("--no-progressbar", *deployment.overrides({"Environment": "upgraded"})),
        ],
        stack.environment,
        str(stack.folder / f"deploy-{NAME}-kept.log"),
    )


@contextmanager
def traffic(upgraded: Deployed, sent: list[str]) -> Iterator[None]:
    """Fifty small files of predictions and their labels, while something else goes on."""

    def send() -> None:
        for number in range(len(sent) // 2, (len(sent) + FILES // 4) // 2):
            sold = lemons.sales(1, first_day=14 + number % 4, rows_a_day=ROWS, seed=number)
            for kind, rows in (("predictions", lemons.predictions(sold)), ("labels", lemons.labels(sold))):
                key = f"{INBOX}/{kind}/{number}.csv"
                upgraded.upload(key, lemons.csv(rows))
                sent.append(key)
            time.sleep(1)

    thread = Thread(target=send)
    thread.start()
    try:
        yield
    finally:
        thread.join()


@pytest.mark.nightly
@pytest.mark.timeout(1500)
def test_nothing_is_unreadable_or_lost_while_a_stack_is_upgraded_rolled_back_and_upgraded_again(
    stack: Stack, tmp_path: Path
) -> None:
    template = kept_template(tmp_path)
    deploy_kept(stack, template)
    older = Stack(NAME, stack.endpoint, stack.region, stack.certificate, stack.folder, outputs_of(stack))
    sent: list[str] = []
    with Deployed(older).listening() as upgraded:
        upgraded.upload(f"specs/{MODEL}.yaml", SPEC)
        upgraded.rest()
        reference = upgraded.upload(f"{INBOX}/reference/first.csv", lemons.csv(lemons.sales(14)))
        upgraded.event(ReleaseChanged, reference)
        with traffic(upgraded, sent):
            beside(stack, NAME, Environment="upgraded")
        with traffic(upgraded, sent):
            deploy_kept(stack, template)
        with traffic(upgraded, sent):
            beside(stack, NAME, Environment="upgraded")
        with traffic(upgraded, sent):
            pass
        upgraded.rest(within=600)
        assert len(sent) >= FILES
        taken = Counter(event.source for event in upgraded.told(BatchIngested, MODEL))
        assert {key: taken[key] for key in sent if not taken[key]} == {}
        letters = {name: url for name, url in upgraded.stack.outputs.items() if name.endswith("DeadLettersUrl")}
        assert len(letters) == len(upgraded.functions) - 1  # commands are answered at once, and have none
        assert {name: upgraded.depth(url) for name, url in letters.items()} == dict.fromkeys(letters, 0)
        verify(upgraded.recorded(MODEL))
        for place, body in upgraded.contents(MODEL).items():
            key = place.partition("/")[2]
            for kind in kinds_of(key):
                kind.load().model_validate_json(body)


def outputs_of(stack: Stack) -> dict[str, str]:
    """The outputs of the upgraded stack."""
    cloudformation = stack.client("cloudformation")
    (found,) = cloudformation.describe_stacks(StackName=NAME)["Stacks"]
    cloudformation.close()
    return {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}
