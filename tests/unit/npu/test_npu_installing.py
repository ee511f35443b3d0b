"""Setting the hosted compiler up: what is missing, a wheel that does not fit, and doing it twice. All stand-ins."""

from __future__ import annotations

import base64
import hashlib
import sys
import tempfile
import zipfile
from pathlib import Path

import pytest

from pytest_ovperf.errors import NpuCompilerError
from pytest_ovperf.npu import installing, tools
from pytest_ovperf.npu.layout import HOST_NAME, LIBS_NAME, Layout
from pytest_ovperf.npu.tools import Tool
from pytest_ovperf.npu.wheel import Wheel, download, unpack
from pytest_ovperf.npu.wine import Wine
from tests.fakes.standin_wine import standin_wine

COMPILER = "openvino/libs/openvino_intel_npu_compiler.dll"
COMPILES = """
import json, pathlib
lines = [{"version": "2026.4.1-7"}, {"inputs": [["x", "{1,8}"]], "outputs": []}, {"blob_bytes": 7}]
pathlib.Path("result.jsonl").write_text("".join(json.dumps(line) + chr(10) for line in lines))
"""
REFUSES = 'open("result.jsonl", "w").write(\'{"failed": "load", "message": "error 126"}\')'


def made_wheel(folder: Path, files: dict[str, bytes], *, tampered: str = "") -> Wheel:
    """Write a wheel of these files; the list of hashes is wrong for the one that was ``tampered`` with."""
    path = folder / "openvino-2026.4.1-1-cp311-cp311-win_amd64.whl"
    record = ""
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content + (b"!" if name == tampered else b""))
            digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")
            record += f"{name},sha256={digest},{len(content)}\n"
        archive.writestr("openvino-2026.4.1.dist-info/RECORD", record)
    return Wheel(path, "2026.4.1", "0")


def test_a_wheels_libraries_are_unpacked_and_nothing_else(tmp_path: Path) -> None:
    files = {
        COMPILER: b"c",
        "openvino/libs/openvino.dll": b"o",
        "openvino/libs/openvino.lib": b"l",
        "openvino/a.py": b"",
    }
    unpack(made_wheel(tmp_path, files), tmp_path / "libs")
    assert {path.name for path in (tmp_path / "libs").iterdir()} == {"openvino_intel_npu_compiler.dll", "openvino.dll"}


def test_a_wheel_that_is_not_what_it_says_is_refused(tmp_path: Path) -> None:
    tampered = made_wheel(tmp_path, {COMPILER: b"c"}, tampered=COMPILER)
    with pytest.raises(NpuCompilerError, match="not what the wheel's RECORD says"):
        unpack(tampered, tmp_path / "libs")


def test_a_file_that_is_no_wheel_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "openvino-1-x.whl"
    path.write_bytes(b"<html>")
    with pytest.raises(NpuCompilerError, match="is damaged"):
        unpack(Wheel(path, "1", "0"), tmp_path / "libs")


def test_a_wheel_without_an_npu_compiler_says_so(tmp_path: Path) -> None:
    with pytest.raises(NpuCompilerError, match="carries no NPU compiler"):
        unpack(made_wheel(tmp_path, {"openvino/libs/openvino.dll": b"o"}), tmp_path / "libs")


def test_pips_own_words_are_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_NO_INDEX", "1")  # so that no network is asked
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    with pytest.raises(NpuCompilerError) as refused:
        download("2026.4.1", tmp_path)
    assert "No matching distribution found for openvino==2026.4.1" in refused.value.seen


def test_what_lies_among_temporary_files_is_not_taken_for_pip(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "pip.py").write_text("raise SystemExit('planted')\n", encoding="utf-8")
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    with pytest.raises(NpuCompilerError, match="No matching distribution found"):
        download("2026.4.1", tmp_path)


@pytest.mark.parametrize(
    ("compiler", "said"), [(sys.executable, "does not build the host program"), ("no/such/compiler", "cannot be run")]
)
def test_a_compiler_that_does_not_serve_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, compiler: str, said: str
) -> None:
    monkeypatch.setattr(installing, "c_compiler", lambda: Path(compiler))
    with pytest.raises(NpuCompilerError, match=said) as refused:
        installing.build_host(tmp_path / "host.exe")
    assert str(Path(compiler)) in refused.value.seen


def test_everything_that_is_missing_is_named_with_its_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Wine, "find", classmethod(lambda _cls, _prefix: None))
    monkeypatch.setattr(tools, "c_compiler", lambda: None)
    with pytest.raises(NpuCompilerError) as refused:
        installing.install(tmp_path, "2026.4.1", print)
    for word in ("Wine", "mingw"):
        assert word in refused.value.seen
    for package in ("apt install wine wine64", "dnf install mingw64-gcc", "brew install mingw-w64"):
        assert package in refused.value.remedy


# The whole of it, with stand-ins for Wine, the C compiler and the wheel

posix_only = pytest.mark.skipif(sys.platform == "win32", reason="Wine is for other systems than Windows")


@pytest.fixture
def standins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Wheel:
    def build(target: Path) -> None:
        target.write_text(COMPILES, encoding="utf-8")

    wine = standin_wine(tmp_path / "bin", Layout.of(tmp_path / "cache").prefix)
    monkeypatch.setattr(Wine, "find", classmethod(lambda _cls, _prefix: wine))
    monkeypatch.setattr(installing, "tools", lambda _wine: (Tool("all", "", "there", ""),))
    monkeypatch.setattr(installing, "build_host", build)
    return made_wheel(tmp_path, {COMPILER: b"c"})


@posix_only
def test_what_is_installed_is_verified_and_left_alone_the_second_time(tmp_path: Path, standins: Wheel) -> None:
    steps: list[str] = []
    first = installing.install(tmp_path / "cache", "2026.4.1", steps.append, wheel=standins)
    assert first.build == "2026.4.1-7"
    assert steps[-1] == "compiling a small model to see that it works"
    place = Layout.of(tmp_path / "cache").place("2026.4.1")
    assert {path.name for path in place.iterdir()} == {LIBS_NAME, HOST_NAME, "installed.json"}
    steps.clear()
    assert installing.install(tmp_path / "cache", "2026.4.1", steps.append, wheel=standins) == first
    assert not steps
    installing.install(tmp_path / "cache", "2026.4.1", steps.append, wheel=standins, again=True)
    assert steps
    found = installing.status(tmp_path / "cache")
    assert [each.version for each in found.hosted] == ["2026.4.1"]
    assert not found.outdated


@posix_only
def test_without_an_openvino_of_its_own_any_that_is_hosted_will_do(
    tmp_path: Path, standins: Wheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "openvino_version", lambda: None)
    first = installing.install(tmp_path / "cache", None, print, wheel=standins)
    steps: list[str] = []
    assert installing.install(tmp_path / "cache", None, steps.append) == first
    assert not steps


@posix_only
def test_what_does_not_compile_is_not_installed(
    tmp_path: Path, standins: Wheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(installing, "build_host", lambda target: target.write_text(REFUSES, encoding="utf-8"))
    with pytest.raises(NpuCompilerError, match="error 126"):
        installing.install(tmp_path / "cache", "2026.4.1", print, wheel=standins)
    assert not Layout.of(tmp_path / "cache").installed()
    assert not Layout.of(tmp_path / "cache").building.exists()


@posix_only
def test_removing_deletes_all_of_it(tmp_path: Path, standins: Wheel) -> None:
    installing.install(tmp_path / "cache", "2026.4.1", print, wheel=standins)
    assert installing.remove(tmp_path / "cache") > 0
    root = Layout.of(tmp_path / "cache").root
    assert [path.name for path in root.iterdir() if path.is_dir()] == []
    assert installing.remove(tmp_path / "nothing") == 0
