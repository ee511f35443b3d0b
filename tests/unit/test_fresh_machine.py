"""How the page of the fresh machine is read, and what is taken for shown."""

from __future__ import annotations

import shutil
import sys
import venv
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.fresh_machine import Block, FreshMachine, NotAsShownError, Step, blocks, missing, pip_settings, table

PAGE = """# A page

```sh
python -m pip install shop
```

Then a file:

```python title="shop/data.py"
def rows():
    return "```"
```

<!-- fails -->
```sh
pytest
```

```text
1 failed in …
```

<!-- example: needs a GPU -->

```sh
pytest --ov-device=GPU
```

1. In a list

    ```sh
    ls
    ```

```
nothing in particular
```
"""


def test_a_page_is_read_block_by_block() -> None:
    assert blocks(PAGE) == [
        Block(3, "sh", "", "", "python -m pip install shop\n"),
        Block(9, "python", "shop/data.py", "", 'def rows():\n    return "```"\n'),
        Block(15, "sh", "", "fails", "pytest\n"),
        Block(19, "text", "", "", "1 failed in …\n"),
        Block(25, "sh", "", "needs a GPU", "pytest --ov-device=GPU\n"),
        Block(31, "sh", "", "", "ls\n"),
        Block(35, "", "", "", "nothing in particular\n"),
    ]


SAID = "collected 3 items\n\n======== 3 passed in 74.35s ========\nspeed-up   3.10x\n"


@pytest.mark.parametrize(
    "shown",
    [
        "collected 3 items",
        "collected 3 items\n…\nspeed-up 3.10x\n",
        "=== 3 passed in … ===",
        "speed-up  …x",
        "passed in",
        "…",
        "",
    ],
)
def test_what_was_said_may_hold_more_than_what_is_shown(shown: str) -> None:
    assert missing(shown, SAID) == ""


@pytest.mark.parametrize(
    ("shown", "line"),
    [
        ("collected 4 items", "collected 4 items"),
        ("speed-up …x\ncollected 3 items", "collected 3 items"),
        ("collected 3 items\ncollected 3 items", "collected 3 items"),
        ("3 passed … failed", "3 passed … failed"),
    ],
)
def test_what_was_not_said_or_not_in_this_order_is_missing(shown: str, line: str) -> None:
    assert missing(shown, SAID) == line


@given(st.text(alphabet="ab.*+(=─ …\n"))
def test_every_text_shows_itself(text: str) -> None:
    assert missing(text, text) == ""


def test_of_pips_settings_those_of_the_index_go_along() -> None:
    listed = (
        ":env:.find-links='/here'\nglobal.index-url='https://one/simple'\nglobal.find-links='/there'\n"
        "global.extra-index-url='https://two\\nhttps://three'\nglobal.user='true'\ninstall.no-binary=':all:'\n"
    )
    assert pip_settings(listed) == {
        "index-url": "https://one/simple",
        "find-links": "/here",
        "extra-index-url": "https://two https://three",
    }


def test_the_table_tells_installing_from_the_rest() -> None:
    told = table([Step(3, "pip install shop", 40.0, installs=True), Step(9, "pytest", 2.5, installs=False)])
    assert [line.split()[:2] for line in told.splitlines()[2:]] == [
        ["3", "40.0"],
        ["9", "2.5"],
        ["42.5", "s"],
        ["2.5", "s"],
    ]


@pytest.fixture(scope="module")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> FreshMachine:
    """Return one with an environment that has nothing installed: no wheel is built."""
    if shutil.which("bash") is None or sys.platform == "win32":
        pytest.skip("there is no bash that knows these paths")
    place = tmp_path_factory.mktemp("place")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(FreshMachine, "_built", lambda self: self._place / "wheel" / "shop-1.0-any.whl")
        patch.setattr(FreshMachine, "_make_environment", lambda _, folder: venv.create(folder, symlinks=True))
        patch.setenv("PYTHONPATH", "/of/the/developer")
        patch.setenv("XDG_CACHE_HOME", "/of/the/developer")
        patch.setenv("PIP_INDEX_URL", "https://index.example/simple")
        return FreshMachine(place, [place / "constraints.txt"])


@pytest.fixture
def machine(prepared: FreshMachine, monkeypatch: pytest.MonkeyPatch) -> FreshMachine:
    """Return the same at its beginning."""
    monkeypatch.setattr(prepared, "_folder", prepared._place / "project")
    monkeypatch.setattr(prepared, "_environment", dict(prepared._environment))
    return prepared


def follow(machine: FreshMachine, *page: str) -> list[Step]:
    return machine.follow("\n\n".join(page))


def sh(*lines: str) -> str:
    return "```sh\n" + "\n".join(lines) + "\n```"


def text(*lines: str) -> str:
    return "```text\n" + "\n".join(lines) + "\n```"


def test_files_are_written_and_commands_run_where_the_last_ones_ended(machine: FreshMachine) -> None:
    file = '```python title="src/shop.py"\nprint("open")\n```'
    steps = follow(
        machine, sh("mkdir town", "cd town", "export WHAT=src"), file, sh("python $WHAT/shop.py"), text("open")
    )
    assert [step.line for step in steps] == [1, 11]
    assert (machine._place / "project" / "town" / "src" / "shop.py").exists()


def test_nothing_of_the_developers_goes_along_but_the_index(machine: FreshMachine) -> None:
    environment = machine._environment
    assert not {"PYTHONPATH", "XDG_CACHE_HOME"} & set(environment)
    assert environment["PIP_INDEX_URL"] == "https://index.example/simple"
    assert environment["PIP_FIND_LINKS"].split()[0] == (machine._place / "wheel").as_uri()
    assert environment["HOME"] == str(machine._place / "home")
    follow(machine, sh("python -c 'import sys; print(sys.prefix)'"), text(f"{machine._place}/environment"))


@pytest.mark.parametrize(
    ("page", "said"),
    [
        ([sh("true", "false", "echo later")], "line 1: exit status 1"),
        ([sh("echo open"), text("closed")], "line 5: the output has no line 'closed'"),
        (["<!-- fails -->", sh("true")], "line 3: exit status 0"),
    ],
)
def test_what_is_not_as_shown_ends_it(machine: FreshMachine, page: list[str], said: str) -> None:
    with pytest.raises(NotAsShownError, match=said):
        follow(machine, *page)


def test_a_failure_that_is_shown_is_none(machine: FreshMachine) -> None:
    follow(machine, "<!-- fails -->", sh("cd /", "python -c 'raise SystemExit(\"too slow\")'"), text("too slow"))
    assert str(machine._folder) == "/"


def test_what_cannot_run_everywhere_is_left_out_and_said_to_be(machine: FreshMachine) -> None:
    (step,) = follow(machine, "<!-- example: needs a GPU -->", sh("false"), text("a GPU"))
    assert step.left_out == "needs a GPU"


def test_another_release_than_the_wheels_is_found_out(machine: FreshMachine) -> None:
    with zipfile.ZipFile(machine.wheel, "w") as archive:
        archive.writestr("pytest_ovperf/plugin.py", "")
    with pytest.raises(NotAsShownError, match=r"pytest_ovperf/plugin\.py is not as in the wheel"):
        machine.check_wheel()
