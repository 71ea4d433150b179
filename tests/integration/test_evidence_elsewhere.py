"""The evidence of a version is accepted by the libraries of the standards, in an environment of their own."""

from pathlib import Path

import pytest

from steward import aws
from tests.independent.evidence.environment import accept

from .deployment import Deployment
from .test_audit_bundle import attested, pack

__all__ = ["attested"]


def artifacts(steward: Deployment, folder: Path) -> Path:
    """Each version's artifact, alone in a folder of the version's name."""
    for key in steward.keys("models/lemons/versions/"):
        *_, version, name = key.split("/")
        if name == "model.skops":
            target = folder / version / name
            target.parent.mkdir(parents=True)
            target.write_bytes(aws.s3().get_object(Bucket=steward.data, Key=key)["Body"].read())
    return folder


@pytest.mark.nightly
def test_the_libraries_of_the_standards_accept_all_evidence(attested: Deployment, tmp_path: Path) -> None:
    said = accept(pack(attested, tmp_path), artifacts(attested, tmp_path / "checkouts"))
    print(said)
    for library in ("securesystemslib: ", "in-toto-attestation: ", "cyclonedx-python-lib: ", "model-signing: "):
        assert library in said
