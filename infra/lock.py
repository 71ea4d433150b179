"""Write what the package says of its own release: `python -m infra.lock`, which `make lock` runs.

`release.json` has the version and the digests of the layers' pinned requirements. `sbom/` has a CycloneDX bill of
materials of each layer, as `uv export` writes it, but for the moment and the random number in it.
"""

import argparse
import hashlib
import json
import os
import shutil
import subprocess
import uuid
from pathlib import Path

from infra.release import current_version

ROOT = Path(__file__).parents[1]
LAYERS = ("steward", "data", "learn")
PACKAGE = Path("layers/steward/steward")


def describe_release(root: Path) -> str:
    """The content of `release.json`."""
    locks = {
        f"layers/{layer}/requirements.txt": hashlib.sha256(
            (root / "layers" / layer / "requirements.txt").read_bytes()
        ).hexdigest()
        for layer in LAYERS
    }
    return json.dumps({"version": current_version(root), "locks": locks}, indent=1) + "\n"


def describe_layer(root: Path, layer: str, uv: str) -> str:
    """The bill of materials of a layer, with an id that follows from what is in it."""
    done = subprocess.run(
        [
            *(uv, "export", "--quiet", "--frozen", "--preview-features", "sbom-export", "--format", "cyclonedx1.5"),
            *("--only-group", f"layer-{layer}", "--no-emit-project"),
        ],
        cwd=root,
        env={name: value for name, value in os.environ.items() if name != "VIRTUAL_ENV"},
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    found = json.loads(done.stdout)
    del found["metadata"]["timestamp"]
    project = found["metadata"]["component"]["bom-ref"]
    found["metadata"]["component"] = {"type": "library", "bom-ref": project, "name": f"steward-layer-{layer}"}
    found = json.loads(json.dumps(found).replace(json.dumps(project), json.dumps(f"steward-layer-{layer}")))
    content = json.dumps({**found, "serialNumber": ""}, sort_keys=True)
    found["serialNumber"] = f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, content)}"
    return json.dumps(found, indent=1) + "\n"


def main() -> None:
    """Write both, or with `--check` fail where one is stale."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--uv", default=os.environ.get("STEWARD_UV") or shutil.which("uv") or "uv")
    given = parser.parse_args()
    wanted = {PACKAGE / "release.json": describe_release(ROOT)}
    wanted |= {PACKAGE / "sbom" / f"layer-{layer}.cdx.json": describe_layer(ROOT, layer, given.uv) for layer in LAYERS}
    for name, text in wanted.items():
        path = ROOT / name
        if given.check and (not path.exists() or path.read_text(encoding="utf-8") != text):
            raise SystemExit(f"{name} does not match uv.lock: run 'make lock'.")
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
