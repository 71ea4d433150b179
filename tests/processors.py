"""Run the unit tests as processors of other kinds would: `make processors`, or `python -m tests.processors [NAME ...]`.

Libraries choose their code by what the processor offers when they are loaded: OpenBLAS its kernel, numpy its loops,
glibc its exp and log. Each setting makes them choose as on another x86_64 processor, and as with more or fewer cores. A
setting asks only for what this processor has, so on one without AVX-512 they agree with each other more.
"""

import os
import platform
import subprocess
import sys
import time

from tests.integration.template import read_template

ARM = platform.machine() in ("aarch64", "arm64")

SETTINGS: dict[str, dict[str, str]] = {
    "as it is": {},
    "AVX-512": {"OPENBLAS_CORETYPE": "SkylakeX"},
    "AVX2": {
        "OPENBLAS_CORETYPE": "Excavator",
        "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512_ICL AVX512_SPR",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512DQ,-AVX512BW,-AVX512CD",
    },
    "AVX": {
        "OPENBLAS_CORETYPE": "Sandybridge",
        "NPY_DISABLE_CPU_FEATURES": "X86_V3 X86_V4 AVX512_ICL AVX512_SPR",
        "GLIBC_TUNABLES": "glibc.cpu.hwcaps=-AVX512F,-AVX512VL,-AVX512DQ,-AVX512BW,-AVX512CD,-AVX2,-FMA,-FMA4",
    },
    "many cores": {"OPENBLAS_NUM_THREADS": "8", "OMP_NUM_THREADS": "8"},
}
"""Environment variables by what they imitate; where they say nothing of it, tests have one thread.

Not offered: SSE2 alone, since numpy 2.5 needs SSE4.2; and the kernels of Haswell and Zen, which end the process when
asked for on a processor with AVX-512 (decision 0025).
"""

TESTS = ("-m", "pytest", "--quiet", "--numprocesses", "auto", "--dist", "worksteal", "tests/unit")


def pinned() -> dict[str, str]:
    """What the template sets for the functions, where it decides about arithmetic, on a processor such as this."""
    variables = read_template()["Globals"]["Function"]["Environment"]["Variables"]
    names = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
    return {name: chosen(variables[name]) for name in names}


def chosen(value: str | dict[str, list[str]]) -> str:
    if isinstance(value, str):
        return value
    condition, arm, x86 = value["Fn::If"]
    assert condition == "IsArm"
    return arm if ARM else x86


def other() -> dict[str, str]:
    """Another kernel and more threads, which every processor of the architecture has."""
    return pinned() | {"OPENBLAS_CORETYPE": "ARMV8" if ARM else "Prescott", "OMP_NUM_THREADS": "2"}


def main(names: list[str]) -> int:
    """The number of settings under which a test fails."""
    failed = 0
    for name in names or SETTINGS:
        began = time.monotonic()
        code = subprocess.run([sys.executable, *TESTS], env={**os.environ, **SETTINGS[name]}, check=False).returncode
        verdict = "passed" if code == 0 else f"FAILED (exit code {code})"
        print(f"{name}: {verdict} in {time.monotonic() - began:.0f} s", flush=True)
        failed += code != 0
    return failed


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
