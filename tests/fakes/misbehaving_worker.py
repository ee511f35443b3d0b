"""A worker that goes wrong in the way that its first argument names, at the first command."""

from __future__ import annotations

import faulthandler
import json
import os
import subprocess
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


def _say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _reply(line: str, **fields: object) -> None:
    _say(json.dumps({"id": json.loads(line)["id"], **fields}) + "\n")


def _wait_for_ever() -> None:
    threading.Event().wait()


def killed(_: str) -> None:
    os.kill(os.getpid(), 9)


def segfault(_: str) -> None:
    faulthandler._sigsegv()  # type: ignore[attr-defined]


def abort(_: str) -> None:
    os.abort()


def hang(line: str) -> None:
    sys.stderr.write("waiting for the driver\n")
    sys.stderr.flush()
    _reply(line, progress="still compiling")
    _wait_for_ever()


def garbage(_: str) -> None:
    _say("Loading plugins… done\n")
    _wait_for_ever()


def binary(_: str) -> None:
    sys.stdout.buffer.write(b"\xff\xfe\x00\n")
    sys.stdout.flush()
    _wait_for_ever()


def wrong_number(_: str) -> None:
    _say(json.dumps({"id": 999, "ok": True, "value": {}}) + "\n")
    _wait_for_ever()


def half_then_silence(_: str) -> None:
    _say('{"id": 1, "ok"')
    _wait_for_ever()


def half_then_exit(_: str) -> None:
    _say('{"id": 1, "ok"')
    sys.stderr.write("out of luck\n")
    sys.exit(3)


def closes_pipe(_: str) -> None:
    os.close(1)
    _wait_for_ever()


def floods_stderr(line: str) -> None:
    for number in range(40_000):
        sys.stderr.write(f"line {number} of a driver that likes to talk about everything it does\n")
    _reply(line, ok=True, value={})


def refuses(line: str) -> None:
    _reply(line, ok=False, error={"kind": "ValueError", "message": "bad axis", "trace": "in conv\nin relu"})


def unavailable(line: str) -> None:
    error = {"kind": "ArmUnavailableError", "message": "no bf16 here", "remedy": "Take `openvino`.", "trace": ""}
    _reply(line, ok=False, error=error)


def leaves_child(line: str) -> None:
    child = subprocess.Popen(
        [sys.executable, "-c", "import threading; threading.Event().wait()"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _reply(line, ok=True, value={"child": child.pid})


def leaves_child_and_dies(line: str) -> None:
    leaves_child(line)
    sys.stdin.readline()
    os.kill(os.getpid(), 9)


def dies_with_its_pipe_held_open(_: str) -> None:
    subprocess.Popen([sys.executable, "-c", "import threading; threading.Event().wait()"])
    os._exit(7)


def environment(line: str) -> None:
    names = ("PYTHONFAULTHANDLER", "TOKENIZERS_PARALLELISM", "HF_HUB_OFFLINE", "OMP_NUM_THREADS")
    _reply(line, ok=True, value={name: os.environ.get(name) for name in names})


WAYS: dict[str, Callable[[str], None]] = {
    way.__name__.replace("_", "-"): way
    for way in (
        killed,
        segfault,
        abort,
        hang,
        garbage,
        binary,
        wrong_number,
        half_then_silence,
        half_then_exit,
        closes_pipe,
        floods_stderr,
        refuses,
        unavailable,
        leaves_child,
        leaves_child_and_dies,
        dies_with_its_pipe_held_open,
        environment,
    )
}

for request in sys.stdin:
    if json.loads(request)["do"] == "stop":
        break
    WAYS[sys.argv[1]](request)
