"""Record raw times of many arms side by side, for replaying: `python -m benchmarks.record MODEL …`.

Each launch opens every arm in a fresh worker; in each round every arm takes one block, in random order. Beside the
arms of the suites there are a twin of the FP32 arm and one with a busy wait of 5 % in each call, whose ratios to it are
known. With `--neighbour` another process keeps half a core busy meanwhile. One file a model, in the form that
`benchmarks/detection` reads.
"""

from __future__ import annotations

import argparse
import contextlib
import gzip
import json
import random
import sys
import time
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from subprocess import Popen
from typing import TYPE_CHECKING, Any

from benchmarks.prepared import arms_in, model_named
from pytest_ovperf.arms import parse_arm
from pytest_ovperf.hardware.probe import read_machine
from pytest_ovperf.hooks.cache_dir import default_cache_dir
from pytest_ovperf.worker.arm import ArmWorker

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_ovperf.engines.protocol import LoadRequest
    from pytest_ovperf.records import Block

#: The arms by the name that a trace gives them: the arm, and how much slower it is made.
ARMS = {
    "fp32": ("openvino-fp32", 0.0),
    "fp32-twin": ("openvino-fp32", 0.0),
    "fp32+0.05": ("openvino-fp32", 0.05),
    "int8": ("openvino-int8", 0.0),
    "bf16": ("openvino-bf16", 0.0),
    "torch": ("pytorch-fp32", 0.0),
}

_SLOWED_WORKER = Path(__file__).with_name("slowed_worker.py")
_WARM_NS = 60_000_000
_WARM_BLOCKS = 3

#: Keeps one core busy for half of each tenth of a second.
_NEIGHBOUR = """
import time
while True:
    until = time.perf_counter() + 0.05
    while time.perf_counter() < until:
        pass
    time.sleep(0.05)
"""


@contextlib.contextmanager
def neighbour(*, wanted: bool) -> Iterator[None]:
    """Keep half a core busy meanwhile."""
    if not wanted:
        yield
        return
    with Popen([sys.executable, "-c", _NEIGHBOUR]) as process:  # noqa: S603  (our own text)
        try:
            yield
        finally:
            process.kill()


def start(name: str, request: LoadRequest) -> ArmWorker:
    """Start the worker of the arm that a trace calls ``name``."""
    arm, share = ARMS[name]
    command = [sys.executable, str(_SLOWED_WORKER), str(share)] if share else None
    return ArmWorker.start(parse_arm(arm, "CPU"), request, command=command)


def record_launch(requests: dict[str, LoadRequest], rng: random.Random, rounds: int, block_ns: int) -> dict[str, Any]:
    """Return one launch of all arms as a trace holds it."""
    started_unix, started = time.time(), time.monotonic()
    with ExitStack() as processes:
        workers = {name: processes.enter_context(start(name, request)) for name, request in requests.items()}
        load_ns = {name: worker.loaded().load_ns for name, worker in workers.items()}
        for worker in workers.values():
            for _ in range(_WARM_BLOCKS):
                worker.block(_WARM_NS, 1)
        blocks: dict[str, list[Block]] = {name: [] for name in workers}
        order = []
        for _ in range(rounds):
            turn = rng.sample(list(workers), len(workers))
            order.append(turn)
            for name in turn:
                blocks[name].append(workers[name].block(block_ns, 3))
    return {
        "started_unix": round(started_unix, 1),
        "seconds": round(time.monotonic() - started, 2),
        "arms": {
            name: {"load_ns": load_ns[name], "blocks": [_block_data(block) for block in blocks[name]]}
            for name in workers
        },
        "order": order,
    }


def _block_data(block: Block) -> dict[str, Any]:
    seen = asdict(block.interference) if block.interference else {}
    return {"ns": list(block.latency_ns), **seen}


def main() -> None:
    """Record, one file a model; a file is written again after each launch, so that an interruption loses nothing."""
    parser = argparse.ArgumentParser(description="Record raw times of many arms side by side.")
    parser.add_argument("models", nargs="+", metavar="MODEL")
    parser.add_argument("--arms", nargs="+", choices=list(ARMS), default=list(ARMS))
    parser.add_argument("--launches", type=int, default=12)
    parser.add_argument("--rounds", type=int, default=24)
    parser.add_argument("--block-ms", type=int, default=50)
    parser.add_argument("--name", default="", help="what the files' names end in (default: the load)")
    parser.add_argument("--into", type=Path, default=Path("benchmarks/traces"))
    parser.add_argument("--cache", type=Path, default=default_cache_dir())
    parser.add_argument("--neighbour", action="store_true", help="keep half a core busy meanwhile")
    arguments = parser.parse_args()
    machine = read_machine()
    arms = arms_in(arguments.cache, machine.profile.physical_cores)
    load = "neighbour" if arguments.neighbour else "quiet"
    for model in arguments.models:
        wanted = {name: parse_arm(ARMS[name][0], "CPU") for name in arguments.arms}
        prepared = arms.prepare(model_named(model), *dict.fromkeys(wanted.values()))[1]
        requests = {name: prepared[arm] for name, arm in wanted.items()}
        about = {
            "model": model,
            "machine": machine.profile.slug,
            "date": time.strftime("%Y-%m-%d", time.gmtime()),
            "load": load,
            "versions": {name: machine.versions[name] for name in ("openvino", "torch") if name in machine.versions},
        }
        launches = []
        rng = random.Random(model)  # noqa: S311  (an order of turns)
        path = arguments.into / f"{model}-{arguments.name or load}.json.gz"
        with neighbour(wanted=arguments.neighbour):
            for number in range(arguments.launches):
                launches.append(record_launch(requests, rng, arguments.rounds, arguments.block_ms * 1_000_000))
                text = json.dumps({"schema": 1, "about": about, "launches": launches}, separators=(",", ":"))
                path.write_bytes(gzip.compress(text.encode(), mtime=0))
                print(f"{path.name}: launch {number + 1} in {launches[-1]['seconds']} s", flush=True)


if __name__ == "__main__":
    main()
