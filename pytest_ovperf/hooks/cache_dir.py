"""Where built models are kept where nobody says so on the command line: as a run of pytest here would have it."""

from __future__ import annotations

from pathlib import Path

from pytest_ovperf.errors import SettingsError


def default_cache_dir() -> Path:
    """Return the user's own cache folder for built models."""
    from platformdirs import user_cache_path  # noqa: PLC0415  (paid only by runs that use the plugin)

    return user_cache_path("pytest-ovperf", appauthor=False)


#: The files that may hold pytest's configuration, in the order in which pytest asks for them in each folder.
_INI_FILES = ("pytest.toml", ".pytest.toml", "pytest.ini", ".pytest.ini", "pyproject.toml", "tox.ini", "setup.cfg")


def cache_dir_of_project(folder: Path) -> Path:
    """Return where built models are kept by a run of pytest in ``folder`` that is given no option.

    Raises `SettingsError` for an ini file that cannot be read.
    """
    path, written = ini_value(folder, "ov_cache_dir")
    return Path(path.parent, Path(str(written)).expanduser()).resolve() if written else default_cache_dir()


def ini_value(folder: Path, name: str) -> tuple[Path, object]:
    """Return the ini file that counts for a run of pytest in ``folder``, and what it says of ``name``.

    The value is ``None`` where nothing is said, the path ``folder`` where there is no such file. Raises
    `SettingsError` for one that cannot be read.
    """
    import pytest  # noqa: PLC0415  (a console command that needs it pays for it)
    from _pytest.config.findpaths import load_config_dict_from_file  # noqa: PLC0415  (pytest has no public way)

    for path in (parent / name for parent in (folder, *folder.parents) for name in _INI_FILES):
        try:
            found = load_config_dict_from_file(path) if path.is_file() else None
        except (OSError, pytest.UsageError, pytest.fail.Exception) as error:
            raise SettingsError(
                f"pytest's configuration in {path} cannot be read: {error}.",
                remedy="Mend it, or name the folder with --ov-cache-dir.",
            ) from error
        if found is not None:
            value = found.get(name)
            return path, getattr(value, "value", value)  # pytest 9 tells where a value is from
    return folder, None
