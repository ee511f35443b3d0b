"""Functions as users write them, for arms that are named by their import paths."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from numpy.typing import NDArray

not_a_function = 3


def plain() -> Callable[[], Any]:
    return lambda: {"scores": np.ones((2, 3)), "ids": np.arange(3)}


def telling(
    device: str, threads: int, model: Path | None, inputs: Mapping[str, NDArray[Any]] | None, *, seed: int = 1
) -> Callable[[], Any]:
    assert seed == 1
    told = [device == "GPU.1", threads, 0 if model is None else len(model.name), -1 if inputs is None else len(inputs)]
    return lambda: np.array(told, dtype=np.float64)


def with_keywords(device: str, **_others: object) -> Callable[[], float]:
    return lambda: float(len(device))


class Searcher:
    def __call__(self) -> list[float]:
        return [0.5, 0.25]


class NoCall:
    pass


def failing() -> Callable[[], Any]:
    raise LookupError("no index here")


def making_nothing() -> None:
    return None


def wanting(index: str) -> Callable[[], str]:
    return lambda: index


def wanting_a_text() -> Callable[[str], int]:
    return len_of


def len_of(text: str) -> int:
    return len(text)


def coroutine() -> Callable[[], Any]:
    async def call() -> None:
        pass

    return call


def generator() -> Callable[[], Iterator[int]]:
    def call() -> Iterator[int]:
        yield 1

    return call


def failing_later() -> Callable[[], float]:
    left = iter(range(3))

    def call() -> float:
        try:
            return 1.0 * next(left)
        except StopIteration:
            raise KeyError("row 3") from None

    return call


def exiting() -> Callable[[], Any]:
    raise SystemExit(2)


# Scores


def mean_of_sums(predict: Callable[[Mapping[str, Any]], Mapping[str, NDArray[Any]]]) -> np.floating[Any]:
    return np.float32(np.mean([predict({"x": [[1.0 * n, 2.0]]})["sum"].item() for n in range(3)]))


def infinite(_predict: object) -> float:
    return float("inf")


def speechless(_predict: object) -> None:
    return None


def wordy(_predict: object) -> str:
    return "0.5"


def failing_score(predict: Callable[[Mapping[str, Any]], Mapping[str, NDArray[Any]]]) -> float:
    return float(predict({"x": [[1.0, 2.0]]})["mean"].item())


def asking_too_much(predict: Callable[[Mapping[str, Any]], Mapping[str, NDArray[Any]]]) -> float:
    return float(predict({"x": [[1.0, 2.0, 3.0]]})["sum"].item())
