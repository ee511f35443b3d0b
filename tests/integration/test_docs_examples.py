"""Every example of a test, of a file and of settings on the pages, run by the real pytest as a reader would.

A page is a project: its named blocks are written where they say, then its tests are run, with arms that take no time
where the page is not about code that they would have to run.
What needs a device that is not here is marked on the page, and is collected and not run.
"""

from __future__ import annotations

import shutil
import string
import sys
from typing import TYPE_CHECKING

import openvino
import pytest

from tests.fakes import onnx_bytes
from tests.integration.user_suite import INSTALL_QUICK_ARMS
from tests.pages import PAGES, Fence, fences, name_of

if TYPE_CHECKING:
    from pathlib import Path

    from tests.integration.user_suite import Suite

#: Where a page's block goes that is settings and does not say so.
SETTINGS = {"ini": "pytest.ini", "toml": "pyproject.toml"}
#: Pages that are about the reader's own code: their arms are real ones.
REAL = ("docs/how-to/my-data.md", "docs/how-to/my-functions.md")
TUTORIAL = "docs/tutorial.md"  # is followed as a whole, from an empty folder: benchmarks/fresh_machine.py


def shown(page: Path, *languages: str) -> list[Fence]:
    """Return the blocks of a page in these languages."""
    return [fence for fence in fences(page) if fence.language in languages]


def projects() -> list[Path]:
    """Return the pages that show Python."""
    return [page for page in PAGES if shown(page, "python") and name_of(page) != TUTORIAL]


SETTING_BLOCKS = [fence for page in PAGES for fence in shown(page, *SETTINGS)]


def write(folder: Path, page: Path) -> tuple[list[str], list[str]]:
    """Write a page's Python as files; return the names of the tests that run here, and of those that cannot.

    What is neither a file nor a test runs at once.
    """
    here: list[str] = []
    elsewhere: list[str] = []
    for place, fence in enumerate(shown(page, "python")):
        if not fence.title and "def test_" not in fence.source:
            exec(compile(fence.source, str(fence), "exec"), {})  # noqa: S102  (a page of this repository)
            continue
        name = fence.title or f"test_example_{place}.py"
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(fence.source, encoding="utf-8")
        if path.name.startswith("test_"):
            (elsewhere if fence.note else here).append(name)
    return here, elsewhere


@pytest.fixture(scope="session")
def encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a Hugging Face directory of a tiny encoder, with a tokenizer that knows the letters."""
    import torch  # noqa: PLC0415  (heavy)
    from tokenizers import Tokenizer, models, pre_tokenizers  # noqa: PLC0415
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast  # noqa: PLC0415

    folder = tmp_path_factory.mktemp("encoder")
    words = {word: place for place, word in enumerate(["[PAD]", "[UNK]", "?", " ", *string.ascii_letters])}
    letters = Tokenizer(models.WordLevel(words, unk_token="[UNK]"))  # noqa: S106  (no password)
    letters.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    names = ["input_ids", "token_type_ids", "attention_mask"]
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=letters,
        unk_token="[UNK]",  # noqa: S106  (see above)
        pad_token="[PAD]",  # noqa: S106
        model_input_names=names,
    )
    tokenizer.save_pretrained(folder)
    torch.manual_seed(20)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 64}
    BertModel(BertConfig(vocab_size=len(words), **sizes)).save_pretrained(folder)
    return folder


@pytest.fixture
def project(suite: Suite, encoder: Path) -> Suite:
    """Return a folder with the models that the pages speak of, and arms that take no time."""
    folder = suite.pytester.path
    shutil.copytree(encoder, folder / "models" / "encoder")
    onnx_bytes.lookup(folder / "net.onnx")
    openvino.save_model(openvino.convert_model(folder / "net.onnx"), folder / "net.xml")
    (folder / "quick_arms_here.py").write_text(INSTALL_QUICK_ARMS, encoding="utf-8")
    return suite


def failure(project: Suite, *arguments: str) -> str:
    """Run pytest and return what it printed where anything failed, nothing where all went well."""
    found = project.run("-p", "no:randomly", "--strict-config", "--strict-markers", "--ov-set=full", *arguments)
    return "" if found.ret == pytest.ExitCode.OK else found.stdout.str() + found.stderr.str()


@pytest.mark.parametrize("page", projects(), ids=name_of)
def test_the_tests_of_a_page_run(project: Suite, page: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(project.pytester.path), prepend=":" if sys.platform != "win32" else ";")
    here, elsewhere = write(project.pytester.path, page)
    if here:
        quick = ["-p", "quick_arms_here"]
        assert not failure(
            project, *(["--ov-budget=1", "--ov-tolerance=60"] if name_of(page) in REAL else quick), *here
        )
    if elsewhere:
        assert not failure(project, "--ov-device=CPU,GPU,NPU", "--collect-only", *elsewhere)


@pytest.mark.parametrize("fence", SETTING_BLOCKS, ids=str)
def test_settings_are_taken(pytester: pytest.Pytester, fence: Fence) -> None:
    path = pytester.path / (fence.title or SETTINGS[fence.language])
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(fence.source, encoding="utf-8")
    (path.parent / "test_nothing.py").write_text("def test_nothing(): ...\n", encoding="utf-8")
    found = pytester.run(
        sys.executable,
        "-m",
        "pytest",
        "--strict-config",
        "--collect-only",
        f"--rootdir={path.parent}",
        "-c",
        str(path),
        str(path.parent),
    )
    assert found.ret == pytest.ExitCode.OK, found.stdout.str() + found.stderr.str()


def test_settings_that_do_not_exist_would_be_found_out(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nov_no_such_setting = 1\n")
    assert pytester.run(sys.executable, "-m", "pytest", "--strict-config", "--collect-only").ret != pytest.ExitCode.OK


def test_there_are_examples() -> None:
    assert len(projects()) > 5
