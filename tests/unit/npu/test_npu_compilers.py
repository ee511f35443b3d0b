"""Which compiler is taken, and what a hosted one leaves behind. Wine and OpenVINO's libraries are stand-ins."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from pytest_ovperf.errors import NpuCompilerError, WorkerHungError
from pytest_ovperf.npu import compilers
from pytest_ovperf.npu.compilers import HostedCompiler, InstalledCompiler, find_compiler, has_compiler
from pytest_ovperf.npu.layout import (
    HOST_NAME,
    LIBS_NAME,
    NOTE_NAME,
    Installed,
    Layout,
    host_digest,
    read_note,
    write_note,
)
from pytest_ovperf.npu.request import CompileRequest
from pytest_ovperf.npu.wine import Wine, windows_path
from tests.fakes.standin_wine import server_pid, standin_wine

REQUEST = CompileRequest(Path("model.onnx"), "4000", None, 60.0, 8 << 30)
COMPILES = """
import json, pathlib
lines = [{"version": "2026.4.1"}, {"inputs": [["x", "{1,8}"]], "outputs": []}, {"compiled_s": 1.5}, {"blob_bytes": 7}]
pathlib.Path("result.jsonl").write_text("".join(json.dumps(line) + chr(10) for line in lines))
"""
HANGS = "import threading; print('so far', flush=True); threading.Event().wait()"

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Wine is for other systems than Windows")


def note(version: str) -> Installed:
    return Installed(version, f"{version}-1", "a.whl", "0", host_digest(), "2026-11-22")


def hosted(cache_dir: Path, version: str, program: str = COMPILES) -> Layout:
    """Put a version into the cache whose host program is ``program``."""
    layout = Layout.of(cache_dir)
    place = layout.place(version)
    (place / LIBS_NAME).mkdir(parents=True)
    (place / HOST_NAME).write_text(program, encoding="utf-8")
    write_note(place, note(version))
    return layout


def gone(pid: int) -> bool:
    """Tell whether a process is over, or as good as: killed, and not yet buried."""
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE or bool(psutil.wait_procs([process], timeout=30)[0])
    except psutil.NoSuchProcess:
        return True


# Which one is taken


@pytest.fixture
def without_compiler(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let OpenVINO be installed in version 2026.4.1, as on Linux: without the NPU's compiler."""
    libs = tmp_path / "site-packages" / "openvino" / "libs"
    libs.mkdir(parents=True)
    (libs / "libopenvino_intel_npu_plugin.so").touch()
    monkeypatch.setattr(compilers, "openvino_libraries", lambda: libs)
    monkeypatch.setattr(compilers, "openvino_version", lambda: "2026.4.1")


@pytest.mark.parametrize("name", ["openvino_intel_npu_compiler.dll", "libopenvino_intel_npu_compiler.so.2640"])
def test_the_compiler_in_the_installed_openvino_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    (tmp_path / name).touch()
    hosted(tmp_path / "cache", "2026.4.1")
    monkeypatch.setattr(compilers, "openvino_libraries", lambda: tmp_path)
    found = find_compiler(tmp_path / "cache", {})
    assert isinstance(found, InstalledCompiler)
    assert found.libs == tmp_path
    assert "installed OpenVINO" in found.words


@pytest.mark.usefixtures("without_compiler")
def test_an_archive_is_found_by_the_variable_that_its_setup_script_sets(tmp_path: Path) -> None:
    libs = tmp_path / "archive" / "runtime" / "lib" / "intel64"
    libs.mkdir(parents=True)
    (libs / "libopenvino_intel_npu_compiler.so").touch()
    found = find_compiler(tmp_path / "cache", {"INTEL_OPENVINO_DIR": str(tmp_path / "archive")})
    assert isinstance(found, InstalledCompiler)


@pytest.mark.parametrize("name", ["openvino_intel_npu_compiler_loader.dll", "libopenvino_intel_npu_plugin.so"])
def test_what_merely_loads_or_uses_a_compiler_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    assert not has_compiler(tmp_path)


@pytest.fixture
def with_wine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Wine, "find", classmethod(lambda cls, prefix: cls(tmp_path / "wine", tmp_path / "w", prefix)))


@pytest.mark.parametrize(
    ("there", "taken"), [(["2026.4.1", "2026.10.0"], "2026.4.1"), (["2026.3.0", "2026.10.0"], "2026.10.0")]
)
@pytest.mark.usefixtures("without_compiler", "with_wine")
def test_of_the_hosted_ones_the_installed_version_is_taken_else_the_newest(
    tmp_path: Path, there: list[str], taken: str
) -> None:
    for version in there:
        hosted(tmp_path / "cache", version)
    found = find_compiler(tmp_path / "cache", {})
    assert isinstance(found, HostedCompiler)
    assert found.version == taken
    assert "under Wine" in found.words


@pytest.mark.usefixtures("without_compiler")
def test_without_any_the_command_that_sets_one_up_is_named(tmp_path: Path) -> None:
    with pytest.raises(NpuCompilerError) as none:
        find_compiler(tmp_path, {})
    assert "ovperf npu-compiler install" in none.value.remedy


@pytest.mark.usefixtures("without_compiler", "with_wine")
def test_one_that_another_version_of_this_package_set_up_is_not_used(tmp_path: Path) -> None:
    layout = hosted(tmp_path, "2026.4.1")
    write_note(layout.place("2026.4.1"), replace(note("2026.4.1"), host_source="another"))
    with pytest.raises(NpuCompilerError, match="another version of pytest-ovperf"):
        find_compiler(tmp_path, {})


def test_a_version_that_was_not_verified_does_not_count(tmp_path: Path) -> None:
    layout = hosted(tmp_path, "2026.4.1")
    (layout.place("2026.4.1") / "installed.json").write_text("{", encoding="utf-8")
    assert layout.best("2026.4.1") is None


def test_a_version_that_never_took_its_place_does_not_count(tmp_path: Path) -> None:
    layout = Layout.of(tmp_path)
    layout.building.mkdir(parents=True)
    write_note(layout.building, note("2026.4.1"))  # an installation ended between this and the last step
    assert not layout.installed()


def test_paths_are_named_as_wine_names_them() -> None:
    assert windows_path(Path("/cache/a b/modèle.xml")) == "Z:\\cache\\a b\\modèle.xml"


# What a hosted one does


@posix_only
def test_a_hosted_compiler_ends_wines_server_with_each_compilation(tmp_path: Path) -> None:
    layout = hosted(tmp_path, "2026.4.1")
    wine = standin_wine(tmp_path / "bin", layout.prefix)
    blob = HostedCompiler(layout, note("2026.4.1"), wine).run(REQUEST).blob()
    assert (blob.blob_bytes, blob.compile_s, blob.build) == (7, 1.5, "2026.4.1")
    assert gone(server_pid(wine))
    assert not layout.jobs.exists()


@posix_only
def test_a_host_program_that_hangs_costs_its_time_and_leaves_nothing(tmp_path: Path) -> None:
    layout = hosted(tmp_path, "2026.4.1", HANGS)
    wine = standin_wine(tmp_path / "bin", layout.prefix)
    compilation = HostedCompiler(layout, note("2026.4.1"), wine).run(replace(REQUEST, timeout_s=2.0))
    with pytest.raises(WorkerHungError, match="so far"):
        compilation.blob()
    assert gone(server_pid(wine))


def test_the_request_reaches_the_program_as_it_was_meant(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    program.write_text(COMPILES + "print(open('request.txt').read())", encoding="utf-8")
    compiler = InstalledCompiler(tmp_path, "2026.4.1", (sys.executable, str(program)))
    compilation = compiler.run(replace(REQUEST, shape={"x": (1, (1, 8))}))
    assert "platform\t4000\nreshape\tx\t1,1..8" in compilation.ended.printed
    assert compilation.blob().compiler == "the compiler of the installed OpenVINO 2026.4.1"


def test_a_program_that_cannot_be_started_is_named(tmp_path: Path) -> None:
    compiler = InstalledCompiler(tmp_path, "2026.4.1", (str(tmp_path / "none"),))
    with pytest.raises(NpuCompilerError, match="cannot be started"):
        compiler.run(REQUEST)


def test_a_note_is_read_as_it_was_written(tmp_path: Path) -> None:
    write_note(tmp_path, note("2026.4.1"))
    assert read_note(tmp_path / NOTE_NAME) == note("2026.4.1")
