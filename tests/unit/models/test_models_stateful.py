"""Which artefacts a language model that generates is made of; nothing is exported here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pytest_ovperf.arms import Precision
from pytest_ovperf.metrics import WorkloadKind
from pytest_ovperf.models.cache import ArtefactCache
from pytest_ovperf.models.jobs import ArtefactKind, BuildJob
from pytest_ovperf.models.library import ModelLibrary
from pytest_ovperf.models.sources import resolve
from tests.unit.models.build_fakes import FakeWorker


@pytest.fixture
def worker() -> FakeWorker:
    return FakeWorker()


@pytest.fixture
def library(worker: FakeWorker, tmp_path: Path) -> ModelLibrary:
    return ModelLibrary(ArtefactCache(tmp_path), worker, lambda _: None)


TINY = resolve("tiny-gpt2", shape=None, base=Path())
GENERATE = WorkloadKind.GENERATE


def test_fp32_is_the_stateful_export_and_its_prompts(library: ModelLibrary, worker: FakeWorker) -> None:
    files = library.files(TINY, Precision.FP32, kind=GENERATE, prompt=(8, 16))
    assert worker.kinds == ["weights", "stateful", "prompts"]
    assert files.ir is not None
    assert "stateful" in files.ir.parent.name


@pytest.mark.parametrize("precision", [Precision.FP16, Precision.INT8, Precision.INT4])
def test_smaller_weights_are_made_of_the_stateful_export(
    library: ModelLibrary, worker: FakeWorker, precision: Precision
) -> None:
    files = library.files(TINY, precision, kind=GENERATE, prompt=(8, 16))
    assert worker.kinds == ["weights", "stateful", "prompts", f"stateful_{precision}"]
    assert files.ir is not None
    assert worker.jobs[-1].ir is not None
    assert files.ir.parent != worker.jobs[-1].ir.parent


@pytest.mark.parametrize("precision", [Precision.BF16, Precision.NATIVE])
def test_other_precisions_run_the_export_itself(library: ModelLibrary, precision: Precision) -> None:
    full = library.files(TINY, Precision.FP32, kind=GENERATE, prompt=(8, 16))
    assert library.files(TINY, precision, kind=GENERATE, prompt=(8, 16)).digest == full.digest


def test_another_batch_or_prompt_needs_other_prompts_and_no_other_model(
    library: ModelLibrary, worker: FakeWorker
) -> None:
    library.files(TINY, Precision.INT4, kind=GENERATE, prompt=(16, 16))
    del worker.jobs[:]
    library.files(TINY, Precision.INT4, kind=GENERATE, prompt=(8, 16), batch=4)
    assert worker.kinds == ["prompts"]
    assert worker.jobs[0].call.dims == (4, 16)
    assert worker.jobs[0].call.shortest == 8


def test_without_a_prompt_it_is_the_model_s_own_length(library: ModelLibrary, worker: FakeWorker) -> None:
    library.files(TINY, Precision.FP32, kind=GENERATE)
    call = worker.jobs[-1].call
    assert (call.dims, call.shortest) == ((1, 16), 16)


def test_a_job_with_prompts_of_unequal_length_travels_as_plain_data(library: ModelLibrary, worker: FakeWorker) -> None:
    library.files(TINY, Precision.FP32, kind=GENERATE, prompt=(8, 16))
    job = worker.jobs[-1]
    assert BuildJob.from_json(json.loads(json.dumps(job.to_json()))) == job


def test_exporting_anew_takes_the_stateful_way(library: ModelLibrary) -> None:
    jobs = library.exports(TINY, Precision.INT4, kind=GENERATE)
    assert [job.kind for job in jobs] == [ArtefactKind.STATEFUL, ArtefactKind.STATEFUL_INT4]
    assert jobs[1].ir is None
