"""What Lambda unpacks for each function, code and layers, fits its limit of 250 MB."""

from pathlib import Path

from infra.local.deployment import BUILD
from infra.local.stack import Stack
from tests.integration.template import resources

LIMIT = 262_144_000


def unpacked(folder: Path) -> int:
    """The bytes of all files below a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def test_each_function_with_its_layers_fits_in_lambda(stack: Stack) -> None:
    layers = {name: unpacked(BUILD / name) for name in resources("AWS::Serverless::LayerVersion")}
    sizes = {}
    for name, function in resources("AWS::Serverless::Function").items():
        used = [layer["Ref"] for layer in function["Layers"]]
        sizes[name] = unpacked(BUILD / name) + sum(layers[layer] for layer in used)
        print(f"{name:<16} {sizes[name] / 1e6:7.1f} MB  {', '.join(used)}")
    assert all(layers.values())
    assert {name: size for name, size in sizes.items() if size > LIMIT} == {}
