"""Stands in for Wine where a test needs to know what it does, or where there is none.

Written as two programs into a folder: `wine64`, which starts a server that is nobody's child and then runs the "Windows
program" it is given as Python, and `wineserver`, whose ``-k`` ends that server.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from pytest_ovperf.npu.wine import Wine

if TYPE_CHECKING:
    from pathlib import Path

_WINE = """#!{python}
import os, subprocess, sys
prefix = os.environ["WINEPREFIX"]
os.makedirs(prefix, exist_ok=True)
if sys.argv[1:] == ["--version"]:
    print("wine-8.0 (stand-in)")
    raise SystemExit
if not os.path.exists(prefix + "/server.pid"):
    waits = "import threading; threading.Event().wait()"
    server = subprocess.Popen([sys.executable, "-c", waits], start_new_session=True, stdin=subprocess.DEVNULL)
    with open(prefix + "/server.pid", "w") as file:
        file.write(str(server.pid))
if sys.argv[1] == "wineboot":
    open(prefix + "/system.reg", "w").close()
    raise SystemExit
os.execv(sys.executable, [sys.executable, *sys.argv[1:]])
"""
_SERVER = """#!{python}
import os, signal, sys
path = os.environ["WINEPREFIX"] + "/server.pid"
if sys.argv[1] == "-k" and os.path.exists(path):
    os.kill(int(open(path).read()), signal.SIGKILL)
    os.rename(path, path + ".ended")
"""


def standin_wine(folder: Path, prefix: Path) -> Wine:
    """Write both programs into ``folder`` and return them as a `Wine` with ``prefix``."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in (("wine64", _WINE), ("wineserver", _SERVER)):
        path = folder / name
        path.write_text(text.format(python=sys.executable), encoding="utf-8")
        path.chmod(0o755)
    return Wine(folder / "wine64", folder / "wineserver", prefix)


def server_pid(wine: Wine) -> int:
    """Return the number of the server that was started in the prefix, ended or not."""
    found = next(wine.prefix.glob("server.pid*"))
    return int(found.read_text(encoding="utf-8"))
