"""What Lambda unpacks for each function, code and layers, fits its limit of 250 MB with some to spare."""

from infra.deploy.sizes import function_sizes, too_large
from infra.local.deployment import BUILD
from infra.local.stack import Stack
from tests.integration.template import read_template


def test_each_function_with_its_layers_fits_in_lambda(stack: Stack) -> None:
    sizes = function_sizes(BUILD, read_template())
    assert min(sizes.values()) > 0
    assert too_large(sizes) == []
