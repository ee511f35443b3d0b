"""What users can write on the command line, in the ini file and as markers: one table, registered with pytest."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import pytest

#: One line for each marker, as pytest's own ``--markers`` prints them.
MARKER_LINES = (
    (
        "model(name, *, shape=None, precision='fp32', inputs=None, calibration=None, score=None): the model under "
        "test: a registered name (pytest_ovperf_models, ov_models), a catalogue name, a Hugging Face directory, a hub "
        "id, an .xml or an .onnx file, the import path of a function that makes a torch.nn.Module, or 'calls'; "
        "shape fixes the input shape, or bounds it as in (1, '1..128'); precision is what compiled_model compiles; "
        "inputs, calibration (or a folder) and score are functions of yours, or their import paths"
    ),
    (
        "device(*names, precision=None, min_memory=None, fallback=False, dynamic=False): the OpenVINO devices this "
        "test makes sense on; --ov-device chooses among them; precision (bf16, fp16, int8, …) and min_memory (GiB) are "
        "what a device must have; with fallback, the first that works; dynamic says that an NPU takes unbounded "
        "dimensions"
    ),
    (
        "ovperf(*, budget=None, tolerance=None, set='default'): seconds for a comparison and percent of loss let pass, "
        "for this test; and the smallest set of tests it belongs to: quick, default or full (see --ov-set)"
    ),
)


class Option(NamedTuple):  # every run of every project makes this class, and a dataclass takes longest
    """An option ``--ov-name`` and its ini twin ``ov_name``, which has no help where there is no such twin.

    ``repeated`` says that a later run has to be given it again to measure and judge as this one did.
    """

    name: str
    help: str
    ini_help: str
    metavar: str = ""
    repeated: bool = False

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return not self.metavar

    @property
    def written(self) -> str:
        """The option as users write it."""
        return f"--{self.name.replace('_', '-')}"


_UPDATE = Option(
    "update_baselines",
    "record what is measured as the baseline: all (the default), only what has none yet (new), or add the "
    "launches of another day to what is there (extend)",
    "",
    "all|new|extend",
)

#: Every option, in the order in which ``--help`` lists them.
OPTIONS = (
    Option(
        "ov_device",
        "where to run: CPU, GPU, GPU.1, NPU, AUTO[:list], HETERO:list, several by commas, or all (default: CPU)",
        "devices to run on, as --ov-device",
        "DEVICES",
    ),
    Option(
        "ov_npu_platform",
        "compile for these NPUs where none is there to run on: 3720, 4000, 5010, … or processors such as "
        "lunarlake, several by commas (with --ov-device=NPU; see ovperf npu-compiler)",
        "NPUs to compile for, as --ov-npu-platform",
        "PLATFORMS",
    ),
    _UPDATE,
    Option(
        "ov_against",
        "race every OpenVINO arm that a speedup names against another release: the Python interpreter of an "
        "environment that has it, or the release, such as openvino==2025.4.1, for which one is made once",
        "interpreter or release to race against, as --ov-against",
        "PYTHON|RELEASE",
        repeated=True,
    ),
    Option(
        "ov_explain",
        "time the layers of every OpenVINO arm that is compared, and not only of those that lost: where its time "
        "goes, and where it went since the baseline",
        "as --ov-explain",
        repeated=True,
    ),
    Option(
        "ov_baselines",
        "where baselines are kept (default: baselines)",
        "folder of the baselines, as --ov-baselines",
        "DIR",
        repeated=True,
    ),
    Option(
        "ov_budget",
        "wall time of one comparison (default: 20); the launches it needs are always made",
        "seconds for one comparison, as --ov-budget",
        "SECONDS",
    ),
    Option(
        "ov_tolerance",
        "the loss of speed-up that is let pass (default: by the kind of comparison)",
        "tolerated loss in percent, as --ov-tolerance",
        "PERCENT",
        repeated=True,
    ),
    Option(
        "ov_set",
        "which tests to take: those of this set and of the smaller ones (default: default)",
        "set of tests to take, as --ov-set",
        "quick|default|full",
        repeated=True,
    ),
    Option(
        "ov_strict",
        "an inconclusive comparison, a missing baseline or a figure not wholly on target fails the test",
        "as --ov-strict",
        repeated=True,
    ),
    Option(
        "ov_plan", "print what would be measured, what it could show and how long it would take, and run nothing", ""
    ),
    Option(
        "ov_report",
        "write what was measured as one HTML file that needs no network",
        "file of the HTML report, as --ov-report",
        "FILE",
    ),
    Option(
        "ov_cache_dir",
        "where built models are kept (default: the user's cache)",
        "folder of built models, as --ov-cache-dir",
        "DIR",
        repeated=True,
    ),
)


def add_options(parser: pytest.Parser) -> None:
    """Register the options and their ini twins."""
    group = parser.getgroup("ovperf", "OpenVINO performance")
    for option in OPTIONS:
        _add(option, parser, group)
    parser.addini(
        "ov_models",
        "models by name, one a line: name = source [shape=1x128] [inputs=module:function] [calibration=…] [score=…]",
        type="linelist",
        default=[],
    )
    parser.addini(
        "ov_junit_properties", "comparisons as properties of their test in --junitxml", type="bool", default=True
    )


def _add(option: Option, parser: pytest.Parser, group: pytest.OptionGroup) -> None:
    if option is _UPDATE:
        group.addoption(option.written, nargs="?", const="all", metavar=option.metavar, help=option.help)
    elif option.is_switch:
        group.addoption(option.written, action="store_true", default=None, help=option.help)
    else:
        group.addoption(option.written, metavar=option.metavar, help=option.help)
    if option.ini_help and option.is_switch:
        parser.addini(option.name, option.ini_help, type="bool", default=False)
    elif option.ini_help:
        parser.addini(option.name, option.ini_help)


def any_given(config: pytest.Config) -> bool:
    """Tell whether any option is set that a run has to heed, on the command line or in the ini file."""
    return any(
        config.getoption(option.name) is not None or (option.ini_help and config.getini(option.name))
        for option in OPTIONS
        if option.name != "ov_plan"  # which shows what is set, and sets nothing
    )
