"""The real NPU compiler, of the Windows wheel, on this machine without an NPU: asked about models on the command line.

It runs under Wine; where Wine or a C compiler for Windows is missing, all of this skips.
"""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

import psutil
import pytest

from pytest_ovperf.cli import main as cli
from pytest_ovperf.hardware.cores import usable_memory_bytes
from pytest_ovperf.npu import installing
from pytest_ovperf.npu.compilers import HostedCompiler, find_compiler
from pytest_ovperf.npu.ending import Ending
from pytest_ovperf.npu.layout import Layout
from pytest_ovperf.npu.request import CompileRequest
from tests.fakes import onnx_bytes
from tests.integration import npu_irs

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows needs no Wine, and has the compiler itself")


def asked(capsys: pytest.CaptureFixture[str], cache: Path, model: Path, *options: str) -> tuple[int, dict[str, Any]]:
    """Return the exit status of ``ovperf npu-compile --json``, and what it prints."""
    status = cli.main(["npu-compile", str(model), "--json", "--ov-cache-dir", str(cache), *options])
    return status, json.loads(capsys.readouterr().out)


def left_in(prefix: Path) -> list[str]:
    """Return the processes that run in a prefix of Wine's."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.environ().get("WINEPREFIX") == str(prefix) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process.name())
        except psutil.Error:
            continue
    return found


def test_what_is_installed_stays_as_it_is(npu_cache: Path, capsys: pytest.CaptureFixture[str]) -> None:
    steps: list[str] = []
    note = installing.install(npu_cache, None, steps.append)
    assert not steps
    assert note.build.startswith(f"{note.version}-")
    assert cli.main(["npu-compiler", "status", "--ov-cache-dir", str(npu_cache)]) == 0
    assert f"hosted    OpenVINO {note.version}" in capsys.readouterr().out


def test_a_fixed_shape_compiles_for_every_platform(
    npu_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "modèles à part"  # as Windows programs name it
    folder.mkdir()
    model = npu_irs.relu(folder / "relu.xml", 1, 8)
    status, said = asked(capsys, npu_cache, model, "--platform", "meteorlake,lunarlake,pantherlake")
    assert status == 0
    assert set(said["platforms"]) == {"3720", "4000", "5010"}
    assert all(each["compiles"] and each["blob_bytes"] > 0 for each in said["platforms"].values())
    assert not any(each["executed"] for each in said["platforms"].values())


def test_an_open_dimension_is_named_with_its_node_and_what_to_write(
    npu_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = npu_irs.relu(tmp_path / "relu.xml", -1, 8)
    status, said = asked(capsys, npu_cache, model, "--platform", "4000")
    refused = said["platforms"]["4000"]
    assert status == 1
    assert refused["cause"] == "dynamic_shape"
    assert refused["node"].endswith("(Relu)")
    assert refused["open_dimensions"] == [{"input": "x", "index": 0, "size": "?"}]
    assert refused["fixed_example"] == {"x": [1, 8]}
    assert asked(capsys, npu_cache, model, "--platform", "4000", "--shape", "x=1,8")[0] == 0


def test_onnx_is_read_too_and_one_shape_serves_every_input(
    npu_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = onnx_bytes.dense(tmp_path / "dense.onnx")
    status, said = asked(capsys, npu_cache, model, "--platform", "4000", "--shape", "1,16")
    assert status == 0
    assert said["inputs"] == {"features": "[1,16]"}


def test_an_internal_error_of_the_compiler_is_told_in_its_own_words(
    npu_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = npu_irs.failing(tmp_path / "failing.xml")
    assert cli.main(["npu-compile", str(model), "--platform", "4000", "--ov-cache-dir", str(npu_cache)]) == 1
    said = " ".join(capsys.readouterr().out.split())
    assert "refused: compiler_internal" in said
    assert "postShift is not supported" in said


def test_a_model_that_cannot_be_read_is_no_refusal(
    npu_cache: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    model = tmp_path / "model.xml"
    model.write_text("<net", encoding="utf-8")
    status, said = asked(capsys, npu_cache, model, "--platform", "4000")
    assert status == 1
    assert said["platforms"]["4000"]["cause"] == ""
    assert "cannot read" in said["platforms"]["4000"]["seen"]


def test_a_compilation_that_takes_too_long_leaves_nothing_behind(npu_cache: Path, tmp_path: Path) -> None:
    compiler = find_compiler(npu_cache)
    assert isinstance(compiler, HostedCompiler)
    model = npu_irs.relu(tmp_path / "relu.xml", 1, 8)
    # No model is compiled within this time: Wine alone takes longer to start.
    compilation = compiler.run(CompileRequest(model, "4000", None, 0.05, usable_memory_bytes()))
    assert compilation.ended.ending is Ending.TIMED_OUT
    assert not left_in(Layout.of(npu_cache).prefix)
    assert compiler.run(CompileRequest(model, "4000", None, 120.0, usable_memory_bytes())).blob().blob_bytes > 0
    assert not left_in(Layout.of(npu_cache).prefix)
