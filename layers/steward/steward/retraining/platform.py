"""Describes the numerical platform of a training.

OpenBLAS, numpy and the C library each choose among several versions of their code by what the processor offers when
they are loaded. The versions round differently, so two trainings that agree in everything else may differ in the last
bits.
"""

import hashlib
import math
import platform
import struct
from collections.abc import Collection, Mapping

import numpy as np
import scipy.linalg  # noqa: F401 - loads the OpenBLAS of SciPy, so that it is described too
from threadpoolctl import threadpool_info

_POINTS = 4096
"""Where functions of the C library are compared: its versions differ at one point in some thousand."""


def describe_platform() -> dict[str, str]:
    """What a training's last bits depend on beside the libraries' versions.

    Two trainings of the same dataset, recipe, seed and libraries give the same artifact where this is the same too.

    Returns:
        architecture: of the processor, such as `x86_64` or `aarch64`.
        numpy, scipy: the OpenBLAS that each carries, its kernel and threads.
        instructions: the groups of them that numpy's loops use.
        libm: the C library, and a fingerprint of the values of its exp, log and pow.
        openmp: threads of scikit-learn's trees.
    """
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    found = {
        "architecture": platform.machine(),
        "instructions": " ".join([*simd["baseline"], *simd.get("found", [])]),
        "libm": f"{' '.join(platform.libc_ver())}, {_libm_fingerprint()}",
    }
    for library in threadpool_info():
        threads = library["num_threads"]
        if library["user_api"] == "blas":
            owner = "scipy" if "scipy.libs" in library["filepath"] else "numpy"
            kernel = library.get("architecture", "kernel unknown")  # OpenBLAS alone tells
            found[owner] = f"{library['internal_api']} {library['version']}, {kernel}, {_threads(threads)}"
        elif library["user_api"] == "openmp":
            found["openmp"] = _threads(threads)
    return dict(sorted(found.items()))


def choosable_instructions() -> set[str]:
    """The groups of instructions that numpy's loops would choose on some processor, beyond those it always uses."""
    simd = np.show_config(mode="dicts")["SIMD Extensions"]
    return {*simd.get("found", []), *simd.get("not found", [])}


def platform_environment(
    recorded: Mapping[str, str], here: Mapping[str, str], choosable: Collection[str], inherited: Mapping[str, str]
) -> dict[str, str]:
    """Environment variables under which a new process computes as a version's platform did, as far as it can.

    The kernel of OpenBLAS is left alone where it is chosen anyway, or where the architecture is another.

    Args:
        recorded: the platform of the version; empty where none was recorded, which changes nothing.
        here: the platform of this process.
        choosable: groups of instructions that numpy may be told not to use.
        inherited: the environment of this process.
    """
    environment = dict(inherited)
    if threads := recorded.get("openmp"):
        environment["OMP_NUM_THREADS"] = threads.split()[0]
    if not (blas := recorded.get("numpy")):
        return environment
    kernel, threads = blas.split(", ")[-2:]
    environment["OPENBLAS_NUM_THREADS"] = threads.split()[0]
    if recorded.get("architecture") != here["architecture"]:
        return environment
    if kernel not in here.get("numpy", "").split(", "):
        environment["OPENBLAS_CORETYPE"] = kernel
    environment.pop("NPY_DISABLE_CPU_FEATURES", None)
    if unused := set(choosable) - set(recorded["instructions"].split()):
        environment["NPY_DISABLE_CPU_FEATURES"] = " ".join(sorted(unused))
    return environment


def _threads(number: int) -> str:
    return f"{number} thread{'s' if number != 1 else ''}"


def _libm_fingerprint() -> str:
    """A digest of what the C library's functions give: which of its versions it chose is told nowhere."""
    points = [(at + 0.5) / 37 for at in range(_POINTS)]
    values = [value for x in points for value in (math.exp(-x), math.log(x), math.log1p(x), math.pow(x, 1.7))]
    return hashlib.sha256(struct.pack(f"<{len(values)}d", *values)).hexdigest()[:8]
