"""The layer keeps botocore's data of the services that functions talk to: no more, and above all no fewer."""

import ast
import re
from pathlib import Path

from infra.docs.packages import modules

ROOT = Path(__file__).parents[3]
LAYER = ROOT / "layers" / "steward"


def services_of_clients() -> dict[str, str]:
    """The service behind each function of `steward.aws` that makes a client."""
    found = {}
    for function in ast.parse((LAYER / "steward/aws.py").read_text()).body:
        for call in ast.walk(function) if isinstance(function, ast.FunctionDef) else ():
            match call:
                case ast.Call(func=ast.Name("_client"), args=[ast.Constant(str(service)), *_]):
                    found[function.name] = service  # type: ignore[union-attr]
    return found


def modules_of_functions() -> set[str]:
    """Every module that a function imports, or that one of these does; the command line's others are not among them."""
    graph = modules()
    imported = {
        name
        for path in (ROOT / "functions").glob("*/app.py")
        for name in re.findall(r"^\s*from (steward\S*) import", path.read_text(), re.MULTILINE)
    }
    return imported.union(*(graph.find_upstream_modules(name) for name in imported))


def test_the_layer_has_the_data_of_the_services_that_functions_call() -> None:
    services, called = services_of_clients(), set[str]()
    for module in modules_of_functions():
        path = LAYER.joinpath(*module.split("."))
        source = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
        called |= {services[name] for name in re.findall(r"\baws\.(\w+)\(", source.read_text()) if name in services}
    (kept,) = re.findall(r"^SERVICES := (.*)$", (LAYER / "Makefile").read_text(), re.MULTILINE)
    assert sorted(called) == kept.split()
