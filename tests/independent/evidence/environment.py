"""The environment of the standards' libraries: `.local/independent/evidence`."""

from pathlib import Path

from tests.independent.own_environment import run

PACKAGES = (
    "securesystemslib[crypto]==1.6.0",
    "in-toto-attestation==0.9.3",
    "cyclonedx-python-lib[json-validation]==11.12.0",
    "model-signing==1.1.1",
    "pyopenssl",  # model-signing imports it without asking for it
)


def accept(bundle: Path, checkouts: Path) -> str:
    """What the libraries accept of a bundle, a line for each thing.

    Raises:
        subprocess.CalledProcessError: they do not accept all.
    """
    return run("evidence", PACKAGES, Path(__file__).with_name("accept.py"), bundle, checkouts)
