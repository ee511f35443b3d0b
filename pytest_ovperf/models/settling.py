"""What only a model itself can tell: a hub model is fetched, a module made, the user's own call looked at."""

from __future__ import annotations

import json
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pytest_ovperf.errors import ModelError

from .builders import require_for_module
from .configuration import shape_text
from .ir_file import read_ir_ports
from .jobs import ArtefactKind, BuildJob
from .layout import IR_NAME, MODULE_NAME
from .own.inputs import LONE, own_shapes, require_of_use
from .recipes import module_recipe, weights_recipe
from .sources import configuration_of, resolve_directory
from .spec import CallsSource, HubSource, ModelSpec, Task, TorchSource
from .steps import job_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .brought import Brought
    from .recipe import Recipe


@dataclass(frozen=True, slots=True)
class Module:
    """A module that was made in this run: its digest, and type and dimensions of each input of one call."""

    digest: str
    inputs: Mapping[str, tuple[str, tuple[int, ...]]]

    @property
    def shapes(self) -> dict[str, tuple[int, ...]]:
        """The dimensions of each input."""
        return {name: dims for name, (_, dims) in self.inputs.items()}


class Settling:
    """Settles the models of a run. ``obtain`` returns an artefact, ``build`` runs a job that leaves none."""

    def __init__(
        self,
        brought: Brought,
        obtain: Callable[[Recipe, BuildJob], Path],
        build: Callable[[BuildJob, Path], None],
    ) -> None:
        self._brought = brought
        self._obtain = obtain
        self._build = build
        self._modules: dict[str, Module] = {}

    def settle(self, spec: ModelSpec) -> ModelSpec:
        """Return ``spec`` with nothing left open: its inputs, and what one call gives to each.

        Raises `ModelError` when it cannot be fetched or made, or does not fit the shape that was asked.
        """
        match spec.source:
            case HubSource():
                fetched = self._obtain(weights_recipe(spec), job_of(ArtefactKind.WEIGHTS, spec))
                shape = next(iter(spec.shapes.values())) if spec.static else None
                found = replace(resolve_directory(spec.name, fetched, shape), bounds=spec.bounds, data=spec.data)
                settled = self._with_own_call(found)
            case TorchSource():
                settled = self._with_module(spec) if spec.task is Task.UNSETTLED else spec
            case CallsSource():
                return spec
            case _:
                settled = self._with_own_call(spec)
        require_of_use(settled)
        return settled

    def module(self, spec: ModelSpec) -> Module:
        """Return what is known of the module of ``spec``, which is made at most once a run.

        Raises `ModelError` for a factory or a call that fails.
        """
        key = _key(spec)
        if key not in self._modules:
            own = self._brought.inputs(spec, None)
            job = replace(job_of(ArtefactKind.MODULE, spec), inputs=None if own is None else own.file)
            with tempfile.TemporaryDirectory(prefix="ovperf-module-") as folder:
                self._build(job, Path(folder))
                self._modules[key] = _read_module(Path(folder) / MODULE_NAME)
        return self._modules[key]

    def module_ir(self, spec: ModelSpec) -> tuple[Path, str]:
        """Return the IR of a module, and its digest; exported unless it is there. Raises as `module` does."""
        recipe = module_recipe(spec, ArtefactKind.IR, self.module(spec))
        return self._obtain(recipe, self.module_job(ArtefactKind.IR, spec)) / IR_NAME, recipe.digest

    def module_job(self, kind: ArtefactKind, spec: ModelSpec) -> BuildJob:
        """Return the job that exports a module as ``kind``."""
        own = self._brought.inputs(spec, None)
        job = replace(job_of(kind, spec), digest=self.module(spec).digest)
        return job if own is None else replace(job, inputs=own.file)

    def _with_module(self, spec: ModelSpec) -> ModelSpec:
        require_for_module(spec)
        module = self.module(spec)
        asked = dict(zip(module.shapes, spec.shapes.values(), strict=False)) if LONE in spec.shapes else spec.shapes
        found = replace(spec, task=Task.GRAPH, shapes=module.shapes)
        self._modules[_key(found)] = module
        settled = replace(found, ports=read_ir_ports(self.module_ir(found)[0]))
        if spec.data.inputs:
            _check_asked(replace(settled, shapes=asked), module.shapes)
        _check_bounds(settled)
        return settled

    def _with_own_call(self, spec: ModelSpec) -> ModelSpec:
        """Return ``spec`` with the shapes of the user's own call, where there is one."""
        own = self._brought.inputs(spec, None)
        if own is None:
            return spec
        names = [port.name for port in spec.ports] or list(spec.shapes)
        told = f"What {spec.data.inputs} returned"
        shapes = own_shapes(own.shapes, names, told)
        _check_asked(spec, shapes)
        for shape in set() if spec.ports else set(shapes.values()):
            try:
                configuration_of(spec).check_shape(spec.name, shape)
            except ModelError as error:
                raise ModelError(f"{told} cannot be used. {error.seen}", remedy=error.remedy) from error
        return replace(spec, shapes=shapes)


def _key(spec: ModelSpec) -> str:
    shapes = "" if spec.data.inputs else sorted(spec.shapes.items())
    return repr((spec.source, shapes, spec.data.inputs))


def _read_module(path: Path) -> Module:
    known: Any = json.loads(path.read_text(encoding="utf-8"))
    inputs = {str(name): (str(kind), tuple(map(int, dims))) for name, (kind, dims) in known["inputs"].items()}
    return Module(str(known["digest"]), inputs)


def _check_asked(spec: ModelSpec, own: Mapping[str, tuple[int, ...]]) -> None:
    """Raise `ModelError` where the user's own call has other shapes than the ``shape=`` that is compiled for."""
    if not spec.static:
        return
    for name, asked in spec.shapes.items():
        sizes = own.get(name, asked)
        bounds = spec.bounds if spec.bounds is not None and len(spec.bounds) == len(sizes) else None
        wanted = bounds or tuple((size, size) for size in asked)
        if len(sizes) != len(wanted) or any(
            not least <= size <= most for size, (least, most) in zip(sizes, wanted, strict=True)
        ):
            raise ModelError(
                f"What {spec.data.inputs} returned for {name!r} is {shape_text(sizes)}, and {spec.name!r} is asked to "
                f"be compiled for shape={spec.shape_text}.",
                remedy="Leave shape= out: what inputs= returns says it. Or give bounds that hold it, as in "
                'shape=(1, "1..128").',
            )


def _check_bounds(spec: ModelSpec) -> None:
    """Raise `ModelError` where a module's code fixes a size that the user wants to vary."""
    for least_or_most in (0, 1) if spec.bounds is not None else ():
        sizes = tuple(bound[least_or_most] for bound in spec.bounds or ())
        for port in spec.ports:
            if len(spec.shapes[port.name]) == len(sizes) and not port.admits(sizes):
                raise ModelError(
                    f"{spec.name!r} cannot be compiled for shape={spec.shape_text}: the code fixes sizes to those of "
                    f"the call that it was exported with. It takes {port}.",
                    remedy="Give the sizes themselves, without bounds; or let forward take them from its tensors "
                    "(x.shape[0]) instead of fixing them.",
                )
