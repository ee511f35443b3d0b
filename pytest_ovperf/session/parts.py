"""What a run is put together from: each part made when first asked for, so that a run pays for what it uses."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from pytest_ovperf.environments.finding import find
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.store.store import BaselineStore

from .arms import Arms, build_in_worker
from .turns import OneAtATime

if TYPE_CHECKING:
    from pathlib import Path

    from pytest_ovperf.environments.environment import Environment
    from pytest_ovperf.models.jobs import BuildJob
    from pytest_ovperf.reports.live import LiveLine
    from pytest_ovperf.settings import Settings

    from .places import Places


class Parts:
    """The folders, the models and the arms of one run."""

    def __init__(self, settings: Settings, places: Places, live: LiveLine) -> None:
        self._settings = settings
        self._places = places
        self._live = live

    @cached_property
    def store(self) -> BaselineStore:
        """The baselines of this machine."""
        return BaselineStore(self._settings.baselines_dir, self._places.machine.profile)

    @cached_property
    def cache(self) -> ArtefactCache:
        """Where built models are kept."""
        return ArtefactCache(self._settings.cache_dir)

    @cached_property
    def library(self) -> ModelLibrary:
        """The models of this run."""
        return ModelLibrary(self.cache, self._build, self._live.note)

    @cached_property
    def arms(self) -> Arms:
        """Where arms are opened."""
        other = self.environment
        others = {} if other is None else {other.openvino: other}
        return Arms(self.library, self._places.machine.profile.physical_cores, self.turns.measuring, others)

    @cached_property
    def environment(self) -> Environment | None:
        """The other environment of a run that races against one; found, or made, when first asked for.

        Raises `EnvironmentUnusableError` and `CacheError`.
        """
        if not self._settings.against:
            return None
        try:
            return find(self._settings.against, self._settings.cache_dir, self._live.note)
        finally:
            self._live.end()

    @property
    def environment_found(self) -> Environment | None:
        """The same where it is known by now; nothing is looked for."""
        return self.environment if "environment" in self.__dict__ else None

    @cached_property
    def turns(self) -> OneAtATime:
        """What sees to it that one measurement at a time is taken on this machine."""
        return OneAtATime(self._settings.cache_dir, self._live.note)

    def release(self) -> None:
        """End the processes that no measurement took."""
        if "arms" in self.__dict__:
            self.arms.close()

    def _build(self, job: BuildJob, target: Path) -> None:
        """Build in a worker, in turn with whatever measures on this machine: a build takes all of it."""
        with self.turns.measuring():
            build_in_worker(job, target, self._live.note)
