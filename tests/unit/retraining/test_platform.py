"""Under the template's settings a training gives the same bytes on every processor; a version says what gave them."""

import functools
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from steward.retraining.platform import choosable_instructions, describe_platform, platform_environment
from tests.nightly import nightly
from tests.processors import ARM, SETTINGS, other, pinned

ROOT = Path(__file__).resolve().parents[3]
FLOOR = {"ASIMDHP", "ASIMDDP"} if ARM else {"X86_V3"}
"""What every processor of Lambda has, of what numpy chooses by: of Graviton2, and of x86-64 with AVX2."""


@functools.cache
def trained(**environment: str) -> dict[str, Any]:
    """What a process of its own makes under these variables."""
    unset = {name for setting in SETTINGS.values() for name in setting} | pinned().keys()
    inherited = {name: value for name, value in os.environ.items() if name not in unset}
    done = subprocess.run(
        [sys.executable, "-m", "tests.unit.trained"], env=inherited | environment, cwd=ROOT, check=True,
        stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_the_template_leaves_no_choice_to_the_processor() -> None:
    found = trained(**pinned())["platform"]
    kernel = pinned()["OPENBLAS_CORETYPE"]
    for library in ("numpy", "scipy"):
        assert found[library].lower().endswith(f", {kernel}, 1 thread".lower())
    assert found["openmp"] == "1 thread"
    assert set(found["instructions"].split()) - set(baseline()) <= FLOOR


def test_a_process_computes_again_as_a_recorded_platform_did() -> None:
    """With the hash seed, temporary folder and threads of another process."""
    made = trained(**pinned())
    inherited = {"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2", "PYTHONHASHSEED": "4711", "TMPDIR": str(ROOT)}
    again = platform_environment(made["platform"], describe_platform(), choosable_instructions(), inherited)
    assert trained(**again) == made


@pytest.mark.parametrize("recorded", [{}, {"architecture": "s390x", "libm": "musl"}])
def test_a_platform_that_says_nothing_of_kernels_and_threads_changes_nothing(recorded: dict[str, str]) -> None:
    inherited = {"OMP_NUM_THREADS": "2", "NPY_DISABLE_CPU_FEATURES": "X86_V4", "HOME": "here"}
    assert platform_environment(recorded, describe_platform(), ["X86_V3"], inherited) == inherited


def test_the_kernel_is_named_only_where_another_would_be_chosen_on_the_same_architecture() -> None:
    recorded = {"architecture": "x86_64", "instructions": "A B", "numpy": "openblas 0.3, Haswell, 3 threads",
                "openmp": "1 thread"}  # fmt: skip
    threads = {"OPENBLAS_NUM_THREADS": "3", "OMP_NUM_THREADS": "1"}
    here = recorded | {"numpy": "openblas 0.3, Haswell, 8 threads"}
    assert platform_environment(recorded, here, ["A"], {"NPY_DISABLE_CPU_FEATURES": "A"}) == threads
    here |= {"numpy": "openblas 0.3, Zen, 8 threads"}
    expected = threads | {"OPENBLAS_CORETYPE": "Haswell", "NPY_DISABLE_CPU_FEATURES": "C D"}
    assert platform_environment(recorded, here, ["D", "A", "C"], {}) == expected
    assert platform_environment(recorded, here | {"architecture": "aarch64"}, ["C"], {}) == threads


LARGE_PRODUCTS = """
import sys

import numpy as np
from scipy import linalg

for size in map(int, sys.argv[1:]):
    for kind in (np.float64, np.float32):
        square = np.ones((size, size), kind)
        assert (square @ square == size).all()
        assert (linalg.get_blas_funcs("gemm", (square,))(1, square, square) == size).all()
        linalg.eigh(square), np.linalg.eigh(square)
"""


@pytest.mark.parametrize("size", ["64", "256", *nightly("512", "1200")])
def test_large_products_survive_the_kernels_that_the_template_sets(size: str) -> None:
    subprocess.run([sys.executable, "-c", LARGE_PRODUCTS, size], env=os.environ | pinned(), check=True)


def test_the_template_names_every_group_of_instructions_that_numpy_could_choose_beyond_the_floor() -> None:
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    offered = {*simd.get("found", []), *simd.get("not found", [])}
    assert set(pinned()["NPY_DISABLE_CPU_FEATURES"].split()) == offered - FLOOR


def baseline() -> list[str]:
    found: list[str] = np.show_config(mode="dicts")["SIMD Extensions"]["baseline"]
    return found


@pytest.mark.nightly
def test_artifacts_that_differ_are_told_apart_by_their_platform() -> None:
    """No other kernel, instructions, C functions or threads can change an artifact and not be seen in its version."""
    here, there = trained(**pinned()), trained(**other())
    assert there["hashes"] != here["hashes"]
    assert there["platform"].keys() == here["platform"].keys()
    assert there["platform"] != here["platform"]


@pytest.mark.nightly
@pytest.mark.skipif(ARM, reason="the settings imitate x86-64 processors")
@pytest.mark.parametrize("name", SETTINGS)
def test_on_any_processor_artifacts_are_those_of_this_one_or_their_platform_differs(name: str) -> None:
    here = trained(**pinned())
    found = trained(**SETTINGS[name])
    assert found["platform"] != here["platform"] or found["hashes"] == here["hashes"]


@pytest.mark.nightly
@pytest.mark.skipif(ARM, reason="the setting imitates x86-64 processors")
def test_with_and_without_avx_512_the_functions_make_the_same_artifacts() -> None:
    """The C library is as on a processor without AVX-512; numpy's and OpenBLAS's choices are the template's."""
    with_avx_512, without = trained(**pinned()), trained(**SETTINGS["AVX2"] | pinned())
    assert with_avx_512 == without
