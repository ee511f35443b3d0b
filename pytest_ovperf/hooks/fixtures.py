"""The fixtures, each a thin translation of a request to the session.

What a fixture refuses or cannot do reaches the reader as the project's own error text under the line of their test,
never as a traceback through this package.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from .choosing import COMPILED, chosen, compile_for, first_that_serves, limit_of, named_model, only_device, proven
from .outcomes import as_outcome, session_of, translated

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import openvino

    from pytest_ovperf.fixture_types import FidelityFixture, LadderFixture, MeasureFixture, SpeedupFixture
    from pytest_ovperf.models.spec import ModelSpec
    from pytest_ovperf.npu.blob import CompiledBlob
    from pytest_ovperf.records import Fidelity
    from pytest_ovperf.session.held import Held
    from pytest_ovperf.session.limits import UnboundedLimit
    from pytest_ovperf.session.measured_arm import MeasuredArm
    from pytest_ovperf.session.measured_ladder import MeasuredLadder
    from pytest_ovperf.session.session import Session
    from pytest_ovperf.tuning import Tuning
    from pytest_ovperf.verdict.measured import Baseline, MeasuredSpeedup
    from pytest_ovperf.verdict.raced import RacedSpeedup

    from .markers import OvperfMark

#: The fixtures that load arms one after the other, for which the machine is to be theirs alone.
MEASURING = frozenset({"speedup", "fidelity", "measure", "ladder"})
#: Those of which a plan speaks.
PLANNED = MEASURING - {"fidelity"}
#: All that run a model on inputs, so that their sizes have to be known.
RUNNING = MEASURING | {"agreement"}
OURS = RUNNING | {"compiled_model", "device", "model", "baseline"}


def _session(request: pytest.FixtureRequest) -> Session:
    return session_of(request.config)


@pytest.fixture
def device(request: pytest.FixtureRequest) -> str:
    """Return the OpenVINO device this test runs on, chosen by ``--ov-device``; one that does not serve is skipped.

    For a test with a list of preference it is the first that serves: the first that ``compiled_model`` compiles for.
    """
    with as_outcome():
        asked = getattr(request, "param", None) or only_device(request)
        if isinstance(asked, tuple):
            return first_that_serves(request, asked)
        from .markers import read_device  # noqa: PLC0415  (paid only by tests that use it)

        _session(request).places.require(str(asked), read_device(request.node))
        return str(asked)


@pytest.fixture
def model(request: pytest.FixtureRequest) -> ModelSpec:
    """Return the model under test: from ``@pytest.mark.model`` or an indirect parameter of this name.

    A project may define this fixture itself, and return a name, a path or a `pytest_ovperf.Model`.
    """
    with as_outcome():
        return _session(request).asking.model(
            named_model(request.node).said, measured=bool(RUNNING & set(request.fixturenames))
        )


@pytest.fixture
def compiled_model(
    request: pytest.FixtureRequest, model: ModelSpec, device: str
) -> openvino.CompiledModel | CompiledBlob:
    """Return the marked model as an ``openvino.CompiledModel`` for the device, in this process and ready to run.

    For an NPU that is not here (``--ov-npu-platform``) it is a `CompiledBlob`: what would run it skips the test.
    """
    with as_outcome():
        model = chosen(request, model, measured=False)
    limit = limit_of(request, model, device)
    platform = _session(request).places.compiled_for(device)
    if platform is not None:
        from pytest_ovperf.npu.platforms import not_executed  # noqa: PLC0415  (paid only by tests that use it)

        request.node.user_properties.append(("npu", not_executed(platform)))
    compiled = request.node.stash.get(COMPILED, None)
    if compiled is None:
        with as_outcome():
            compiled = compile_for(request, model, device)
    else:
        del request.node.stash[COMPILED]  # the stash outlives the test, and a compiled model is large
    if limit is not None:
        limit.lifted = True
    return compiled if platform is None else compiled.refusing_by(pytest.skip)


@pytest.fixture
def baseline() -> Baseline:
    """Return what ``speedup(...) >= baseline`` is held against: the stored value of this very comparison."""
    from pytest_ovperf.verdict.measured import Baseline  # noqa: PLC0415  (heavy only for tests that use it)

    return Baseline()


@pytest.fixture
def speedup(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> SpeedupFixture:
    """Return ``speedup(candidate, *, over, metric="latency", prompt=None, new_tokens=None, **settings)``.

    It measures how many times better the candidate is; ``settings`` are what both arms are tuned by, where their own
    brackets say nothing else. In a run with ``--ov-against`` each of the two is raced against itself instead.
    """
    from pytest_ovperf.verdict.raced import RacedSpeedup  # noqa: PLC0415  (heavy only for tests that use it)

    session, model, mark, limit = _measuring(request, model, device)

    @translated
    def compare(
        candidate: str,
        *,
        over: str,
        metric: str = "latency",
        prompt: object = None,
        new_tokens: object = None,
        **settings: object,
    ) -> MeasuredSpeedup | RacedSpeedup:
        arms = session.asking.arms(candidate, over, device, _tuning(settings))
        measured = session.speedup(
            request.node.nodeid,
            model,
            arms,
            metric=metric,
            budget_s=mark.budget_s,
            tolerance=mark.tolerance,
            prompt=prompt,
            new_tokens=new_tokens,
        )
        proven(limit, arms)
        return measured.refusing_by(pytest.skip) if isinstance(measured, RacedSpeedup) else measured

    return compare


@pytest.fixture
def measure(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> MeasureFixture:
    """Return ``measure(arm, *, prompt=None, new_tokens=None, **settings)``: one arm's absolute figures.

    Its attributes are the metrics' names, each measured when it is asked for: ``measure("genai-int8").ttft <= 0.2``.
    """
    session, model, mark, limit = _measuring(request, model, device)

    @translated
    def one_arm(name: str, *, prompt: object = None, new_tokens: object = None, **settings: object) -> MeasuredArm:
        arm = session.asking.arm(name, device, _tuning(settings))
        found = session.measure(
            request.node.nodeid, model, arm, budget_s=mark.budget_s, prompt=prompt, new_tokens=new_tokens
        )

        def figure(metric: str) -> Held:
            held = found.figure(metric)
            proven(limit, (arm,))
            return held

        return found.through(lambda _: translated(figure))

    return one_arm


@pytest.fixture
def ladder(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> LadderFixture:
    """Return ``ladder(arms, *, metric=None, also=("peak_memory",), prompt=None, new_tokens=None, **settings)``.

    It measures all arms side by side and holds them against the first: ``ladder([…])["genai-int8"].factor >= 10``.
    """
    session, model, mark, limit = _measuring(request, model, device)

    @translated
    def climb(
        arms: Sequence[str],
        *,
        metric: str | None = None,
        also: Sequence[str] = ("peak_memory",),
        prompt: object = None,
        new_tokens: object = None,
        **settings: object,
    ) -> MeasuredLadder:
        climbed = session.ladder(
            request.node.nodeid,
            model,
            arms,
            device,
            _tuning(settings),
            metric=metric,
            also=also,
            budget_s=mark.budget_s,
            prompt=prompt,
            new_tokens=new_tokens,
        )
        proven(limit, [rung.arm for rung in climbed if not rung.absent])
        return climbed.through(translated)

    return climb


@pytest.fixture
def fidelity(request: pytest.FixtureRequest, model: ModelSpec, device: str) -> FidelityFixture:
    """Return ``fidelity(candidate, *, over, prompt=None, new_tokens=None, **settings)``.

    It tells how near the candidate's outputs are, on the same inputs; after a prompt, those of what is generated.
    """
    session, model, _, limit = _measuring(request, model, device)

    @translated
    def compare(
        candidate: str, *, over: str, prompt: object = None, new_tokens: object = None, **settings: object
    ) -> Fidelity:
        arms = session.asking.arms(candidate, over, device, _tuning(settings))
        found = session.fidelity(model, arms, prompt=prompt, new_tokens=new_tokens)
        proven(limit, arms)
        return found

    return compare


def _measuring(
    request: pytest.FixtureRequest, model: object, device: str
) -> tuple[Session, ModelSpec, OvperfMark, UnboundedLimit | None]:
    """Return what a fixture that measures works with: the session, the model, the test's marker, its limit."""
    from . import neighbours  # noqa: PLC0415  (paid only by tests that use it)
    from .markers import read_ovperf  # noqa: PLC0415

    neighbours.refuse_in_worker(request.config)
    neighbours.refuse_again(request.node)
    with as_outcome():
        spec, mark = chosen(request, model, measured=True), read_ovperf(request.node)
    return _session(request), spec, mark, limit_of(request, spec, device)


def _tuning(settings: Mapping[str, object]) -> Tuning:
    """Return what both arms are tuned by. Raises `ArmError` for a setting that there is not."""
    from pytest_ovperf.tuning import Tuning  # noqa: PLC0415  (paid only by tests that use it)

    return Tuning.of(settings)
