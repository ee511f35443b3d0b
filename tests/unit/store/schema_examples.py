"""A baseline file as data and as text, for tests of the format."""

from __future__ import annotations

from pathlib import Path

from pytest_ovperf.hardware.profile import HardwareProfile
from pytest_ovperf.records import Fidelity, StoredBaseline
from pytest_ovperf.store.schema import BaselineFile

SOURCE = Path("baselines/some-machine/test_speed.json")
TEST = "test_int8_pays[CPU]"
LABEL = "distilbert · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x128"

PROFILE = HardwareProfile(
    vendor="GenuineIntel",
    brand="Intel(R) Xeon(R) Processor",
    family="6",
    model="207",
    stepping="2",
    physical_cores=2,
    logical_cores=2,
    isa=("avx2", "avx512f"),
    memory_gib=24,
    virtual=True,
    system="Linux",
    arch="x86_64",
)
FIDELITY = Fidelity(cosine=0.9912, top1=1.0, max_abs_error=1.5e-5)
STORED = StoredBaseline(
    log_ratios=(0.998123456, 1.01, -0.25),
    tolerance=0.05,
    candidate_cost=9123456.4,
    reference_cost=24834611.0,
    fidelity=FIDELITY,
    provenance={"openvino": "2026.4.1", "date": "2026-01-02"},
    days=("2026-01-02", "2026-01-02", "2025-11-30"),
    launch_s=4.2,
)
FILE = BaselineFile("suites/test_speed.py", PROFILE, {TEST: {LABEL: STORED}})

TEXT = """\
{
  "machine": {
    "arch": "x86_64",
    "brand": "Intel(R) Xeon(R) Processor",
    "family": "6",
    "isa": ["avx2", "avx512f"],
    "logical_cores": 2,
    "memory_gib": 24,
    "model": "207",
    "physical_cores": 2,
    "stepping": "2",
    "system": "Linux",
    "vendor": "GenuineIntel",
    "virtual": true
  },
  "module": "suites/test_speed.py",
  "schema": 2,
  "tests": {
    "test_int8_pays[CPU]": {
      "distilbert · openvino-int8 over openvino-fp32 on CPU · latency · infer 1x128": {
        "candidate_ns": 9123456,
        "fidelity": {
          "cosine": 0.9912,
          "max_abs_error": 1.5e-05,
          "top1": 1.0
        },
        "launch_s": 4.2,
        "log_ratios": {
          "2025-11-30": [-0.25],
          "2026-01-02": [0.998123, 1.01]
        },
        "provenance": {
          "date": "2026-01-02",
          "openvino": "2026.4.1"
        },
        "reference_ns": 24834611,
        "tolerance": 0.05
      }
    }
  }
}
"""
