"""What tests name, found and checked: models, arms, and what is asked of them."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from pytest_ovperf.errors import ModelError
from pytest_ovperf.metrics import parse_metric
from pytest_ovperf.models.sources import resolve
from pytest_ovperf.models.spec import HubSource
from pytest_ovperf.tuning import UNTUNED, Tuning

from .questions import Question, ask, require_different

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from pytest_ovperf.arms import Arm
    from pytest_ovperf.models.described import Description
    from pytest_ovperf.models.spec import ModelSpec

    from .parts import Parts
    from .places import Places


class Asking:
    """Reads names as users write them; relative paths of models start from ``root``.

    ``registered`` tells the models that the project has registered by name; it is asked once, when a model is named.
    """

    def __init__(
        self, root: Path, places: Places, parts: Parts, registered: Callable[[], Mapping[str, Description]]
    ) -> None:
        self._root = root
        self._places = places
        self._parts = parts
        self._registered = registered

    @cached_property
    def registered(self) -> Mapping[str, Description]:
        """The models that the project has registered, by name. Raises `SettingsError`."""
        return self._registered()

    def model(self, said: Description, *, measured: bool = True) -> ModelSpec:
        """Return the model that a test names: what ``said`` leaves open is taken from what is registered by this name.

        One that is not ``measured`` may leave sizes open. Raises `ModelError`, and `SettingsError` where something is
        wrong with what is registered.
        """
        own = self.registered.get(said.source)
        asked = said if own is None else said.over(own)
        try:
            spec = resolve(
                asked.source,
                shape=asked.shape,
                base=self._root,
                data=asked.data,
                registered=self.registered,
                measured=measured,
            )
        except ModelError as error:
            if own is None:
                raise
            raise ModelError(
                f"{error.seen}\n(The model {said.name!r} is registered by {own.place}.)", remedy=error.remedy
            ) from error
        return replace(spec, name=asked.name)

    def arm(self, name: str, device: str, general: Tuning = UNTUNED) -> Arm:
        """Return the arm of that name, checked; what its brackets leave open is taken from ``general``.

        Raises `ArmError`, `ArmUnavailableError`, and `DeviceError` for a device of the arm's own.
        """
        arm = self._places.arm(name, device, general)
        self._places.require_arm(arm, device)
        return arm

    def arms(self, candidate: str, reference: str, device: str, general: Tuning = UNTUNED) -> tuple[Arm, Arm]:
        """Return both arms, checked; one may name a device of its own, such as ``openvino-fp32@AUTO:CPU``.

        Raises what `arm` does, and `ArmError` for an arm that is compared with itself.
        """
        pair = self._places.arm(candidate, device, general), self._places.arm(reference, device, general)
        require_different(*pair)
        for arm in pair:
            self._places.require_arm(arm, device)
        return pair

    def check(  # noqa: PLR0913  (all that a test may say)
        self,
        spec: ModelSpec,
        names: tuple[str, str],
        device: str,
        general: Tuning,
        metric: str,
        *,
        prompt: object = None,
        new_tokens: object = None,
    ) -> None:
        """Raise what `arms` and `question` would, as far as that is known while nothing is fetched or made."""
        arms = self.arms(*names, device, general)
        if not isinstance(spec.source, HubSource):
            ask(spec, arms, metric, prompt=prompt, new_tokens=new_tokens, tunable=self._places.require_tunable)

    def question(
        self, spec: ModelSpec, arms: Sequence[Arm], metric: str, *, prompt: object = None, new_tokens: object = None
    ) -> Question:
        """Return what is asked, checked: every mistake that can be found before long work is. See `questions.ask`."""
        parse_metric(metric)  # before a hub model is fetched for nothing
        return ask(
            self._parts.library.settle(spec),
            arms,
            metric,
            prompt=prompt,
            new_tokens=new_tokens,
            tunable=self._places.require_tunable,
        )
