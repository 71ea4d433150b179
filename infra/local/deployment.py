"""Building the real template and deploying it with the SAM CLI, and neither when nothing changed."""

import hashlib
import os
import platform
import re
import shutil
import subprocess
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from infra.local.process import ROOT, TOOLS, LocalStackError, alone

SAM = TOOLS / "sam" / "bin" / "sam"
BUILD = ROOT / ".local" / "build"
CACHE = ROOT / ".local" / "cache"
STACK = "steward"
ARTIFACTS = "steward-deployments"
ARCHITECTURE = "arm64" if platform.machine() in {"arm64", "aarch64"} else "x86_64"
PARAMETERS = {
    "Architecture": ARCHITECTURE,
    "AccountQuotas": "small",  # each copy of a function is a process with its own unpacked layers
    "Serving": "on",
}
SHOWN_ON_FAILURE = 4000


def fingerprint() -> str:
    """A digest of everything that the deployed stack is made of: the same digest gives the same stack."""
    return digest_of([ROOT / "template.yaml", *sources(ROOT / "functions"), *sources(ROOT / "layers")])


def sources(folder: Path) -> Iterator[Path]:
    """The files below a folder, but for the caches of tools."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part == "__pycache__" or part.endswith("_cache") for part in path.parts):
            yield path


def digest_of(files: Iterable[Path]) -> str:
    """A digest of the files' names and contents, and of the template's parameters."""
    digest = hashlib.sha256(repr(sorted(PARAMETERS.items())).encode())
    for path in files:
        digest.update(f"{path.relative_to(ROOT)} {hashlib.sha256(path.read_bytes()).hexdigest()}\n".encode())
    return digest.hexdigest()


def deploy(
    environment: Mapping[str, str], log: Path, name: str = STACK, parameters: Mapping[str, str] | None = None
) -> str:
    """Build, and deploy to the endpoint in `environment`. What SAM says goes to `log`.

    Args:
        environment: what makes the SAM CLI speak to the endpoint.
        log: where to.
        name: of the stack.
        parameters: of the template, beside `PARAMETERS`.

    Returns:
        The fingerprint of what was deployed.

    Raises:
        LocalStackError: SAM failed; the message ends with what it said last.
    """
    with alone(ROOT / ".local" / "build.lock"):
        built = fingerprint()
        marker = BUILD / "fingerprint"
        with log.open("w") as output:
            if not marker.exists() or marker.read_text() != built:
                marker.unlink(missing_ok=True)
                folders = ("--cache-dir", CACHE / "sam", "--build-dir", BUILD)
                sam(["build", "--cached", "--parallel", *folders, *overrides({})], {}, output.name)
                pack_layers()
                marker.write_text(built)
            sam(
                [
                    "deploy",
                    *("--template-file", BUILD / "template.yaml", "--stack-name", name, "--s3-bucket", ARTIFACTS),
                    *("--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset", "--no-fail-on-empty-changeset"),
                    *("--no-progressbar", *overrides(parameters or {})),
                ],
                environment,
                output.name,
            )
    return built


def pack_layers() -> None:
    """Have the built template name kept archives of the layers: SAM would compress 250 MB at each deployment."""
    template = BUILD / "template.yaml"
    text = template.read_text()
    for name in re.findall(r"ContentUri: Layer(\w+)$", text, flags=re.MULTILINE):
        archive = layer_archive(name)
        if not archive.exists():
            archive.parent.mkdir(parents=True, exist_ok=True)
            staging = archive.with_suffix(".new")
            pack(BUILD / f"Layer{name}", staging)
            staging.replace(archive)
        text = text.replace(f"ContentUri: Layer{name}\n", f"ContentUri: {archive}\n")
    template.write_text(text)


def layer_archive(name: str) -> Path:
    """Where a layer as it stands is kept, packed."""
    return CACHE / "layers" / f"{digest_of(sources(ROOT / 'layers' / name.lower()))}.zip"


def pack(folder: Path, archive: Path) -> None:
    """Compress a folder, quickly, and to the same bytes each time."""
    with zipfile.ZipFile(archive, "w") as target:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                entry = zipfile.ZipInfo(str(path.relative_to(folder)))
                entry.external_attr = 0o100644 << 16
                target.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, compresslevel=1)


def overrides(more: Mapping[str, str]) -> list[str]:
    """The template's parameters as SAM takes them."""
    return ["--parameter-overrides", *(f"{name}={value}" for name, value in {**PARAMETERS, **more}.items())]


def sam(arguments: list[str | Path], environment: Mapping[str, str], log: str) -> None:
    """Run the SAM CLI at the repository's root."""
    if not SAM.exists():
        raise LocalStackError(f"{SAM} is missing: run `make tools`.")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    python = ROOT / ".venv" / "bin" / "python"
    defaults = {
        "AWS_DEFAULT_REGION": "us-east-1",
        "PATH": f"{python.parent}{os.pathsep}{os.environ['PATH']}",
        "SAM_CLI_POLL_DELAY": "0.5",
        "SAM_CLI_TELEMETRY": "0",
        "STEWARD_ARCHITECTURE": ARCHITECTURE,
        "STEWARD_PYTHON": str(python),
        "STEWARD_UV": os.environ.get("STEWARD_UV") or shutil.which("uv") or str(ROOT / ".tools" / "bin" / "uv"),
    }
    with Path(log).open("a") as output:
        finished = subprocess.run(
            [SAM, *arguments],
            cwd=ROOT,
            env=inherited | defaults | dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
        )
    if finished.returncode:
        said = Path(log).read_text(errors="replace")[-SHOWN_ON_FAILURE:]
        raise LocalStackError(f"`sam {arguments[0]}` failed with status {finished.returncode}:\n{said}")
