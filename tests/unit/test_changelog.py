"""The changelog can be made of its fragments."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_fragment_is_in_the_changelog_that_towncrier_would_build() -> None:
    command = [sys.executable, "-X", "utf8", "-m", "towncrier", "build", "--draft", "--dir", str(ROOT)]
    built = subprocess.run(command, check=False, capture_output=True, encoding="utf-8")  # noqa: S603
    assert built.returncode == 0, built.stderr
    for fragment in ROOT.glob("changelog.d/*.md"):
        assert fragment.read_text(encoding="utf-8").partition("\n")[0].strip() in built.stdout, fragment.name
