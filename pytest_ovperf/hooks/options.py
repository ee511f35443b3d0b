"""The one-time translation of command line and ini options into `Settings`.

Every option ``--ov-name`` has an ini twin ``ov_name``; the command line wins. Whatever does not make sense is a
`SettingsError` here, before anything is collected.
"""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import TYPE_CHECKING

from pytest_ovperf.errors import SettingsError

from .cache_dir import default_cache_dir
from .declared import OPTIONS

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

    from pytest_ovperf.settings import Layered, RunSet, Settings, UpdateMode


def read_settings(config: pytest.Config) -> Settings:
    """Translate the options of ``config``. Raises `SettingsError` naming the option that is wrong."""
    from pytest_ovperf.hardware.devices import parse_devices  # noqa: PLC0415  (paid only by runs that use the plugin)
    from pytest_ovperf.npu.platforms import parse_platforms  # noqa: PLC0415
    from pytest_ovperf.settings import Settings  # noqa: PLC0415

    platforms = _text(config, "ov_npu_platform")
    update, against = _update_mode(config.getoption("update_baselines")), _against(config)
    if against:
        _refuse_recording(update)
    return Settings(
        devices=parse_devices(_text(config, "ov_device") or "CPU"),
        baselines_dir=_path(config, "ov_baselines", "folder") or config.rootpath / "baselines",
        cache_dir=_path(config, "ov_cache_dir", "folder") or default_cache_dir(),
        update=update,
        budget_s=_layered(config, "ov_budget", _seconds),
        tolerance=_layered(config, "ov_tolerance", _percent),
        strict=_switch(config, "ov_strict"),
        root=config.rootpath,
        given=_given(config),
        folder=_leading_to_root(config),
        report=_path(config, "ov_report", "file"),
        tests=_set(config),
        npu_platforms=() if platforms is None else parse_platforms(platforms, _place_of(config, "ov_npu_platform")),
        against=against,
        explain=_switch(config, "ov_explain"),
    )


def _given(config: pytest.Config) -> tuple[str, ...]:
    """Return the options that a later run has to repeat to measure and judge as this one did."""
    given = [(option, config.getoption(option.name)) for option in OPTIONS if option.repeated]
    with_values = tuple(
        f"{option.written}={value}" for option, value in given if value is not None and not option.is_switch
    )
    return with_values + tuple(option.written for option, value in given if value and option.is_switch)


def _leading_to_root(config: pytest.Config) -> str:
    """Return the way to the tests' root from where pytest was started: empty, or with a slash at its end."""
    try:
        way = Path(os.path.relpath(config.rootpath, config.invocation_params.dir)).as_posix()
    except ValueError:  # Windows: nothing leads to another drive
        way = config.rootpath.as_posix()
    return "" if way == "." else f"{way}/"


def positive(value: object, what: str, unit: str) -> float:
    """Read a finite number above zero. Raises `SettingsError` that names ``what`` and its ``unit``."""
    try:
        number = float(str(value))
    except ValueError:
        number = math.nan
    if not (math.isfinite(number) and number > 0) or isinstance(value, bool):
        raise SettingsError(f"{what} is {value!r}.", remedy=f"Give a number of {unit} above 0.")
    return number


def _against(config: pytest.Config) -> str:
    """Return what names the environment to race against, checked as far as that takes no time; empty for none.

    Raises `EnvironmentUnusableError` for what names no interpreter and no release.
    """
    given, ini = config.getoption("ov_against"), str(config.getini("ov_against") or "").strip()
    if given is None and not ini:
        return ""
    from pytest_ovperf.environments.asked import parse  # noqa: PLC0415  (paid only by runs that race)

    at_root = Path(config.rootpath, ini)
    if given is None and at_root.exists():
        ini = str(at_root)
    return str(parse(ini if given is None else str(given)))


def _refuse_recording(update: UpdateMode) -> None:
    """Raise `SettingsError` where a run is to race releases and record baselines, too."""
    from pytest_ovperf.settings import UpdateMode  # noqa: PLC0415  (paid only by runs that use the plugin)

    if update is not UpdateMode.NONE:
        raise SettingsError(
            "--update-baselines was given in a run that races two releases (--ov-against, ov_against): what is "
            "measured there is no baseline.",
            remedy="Leave one of them out. An ini file's ov_against is put out of force with -o ov_against=",
        )


def _set(config: pytest.Config) -> RunSet:
    from pytest_ovperf.settings import RunSet  # noqa: PLC0415  (paid only by runs that use the plugin)

    written = _text(config, "ov_set")
    return read_set(RunSet.DEFAULT if written is None else written, _place_of(config, "ov_set"))


def read_set(value: object, what: str) -> RunSet:
    """Read the name of a set of tests. Raises `SettingsError` that names ``what``."""
    from pytest_ovperf.settings import RunSet  # noqa: PLC0415  (paid only by runs that use the plugin)

    if value not in list(RunSet):
        raise SettingsError(f"{what} is {value!r}.", remedy=f"Choose one of: {', '.join(RunSet)}.")
    return RunSet(str(value))


def _layered(config: pytest.Config, name: str, read: Callable[[str, str], float]) -> Layered:
    from pytest_ovperf.settings import Layered  # noqa: PLC0415  (paid only by runs that use the plugin)

    given, ini = config.getoption(name), config.getini(name)
    return Layered(
        command_line=None if given is None else read(str(given), _option(name)),
        ini=read(str(ini), f"the ini value {name}") if ini else None,
    )


def _seconds(text: str, what: str) -> float:
    return positive(text, what, "seconds")


def _percent(text: str, what: str) -> float:
    return fraction(positive(text.strip().removesuffix("%"), what, "percent"), what)


def fraction(percent: float, what: str) -> float:
    """Turn percent into a fraction. Raises `SettingsError` for 100 % and more, which would let everything pass."""
    if percent >= 100:  # noqa: PLR2004
        raise SettingsError(f"{what} is {percent:g} %.", remedy="Give a percentage above 0 and below 100.")
    return percent / 100


def _update_mode(value: str | None) -> UpdateMode:
    from pytest_ovperf.settings import UpdateMode  # noqa: PLC0415  (paid only by runs that use the plugin)

    if value is None:
        return UpdateMode.NONE
    if value in (UpdateMode.ALL, UpdateMode.NEW, UpdateMode.EXTEND):
        return UpdateMode(value)
    raise SettingsError(
        f"--update-baselines was given {value!r}.",
        remedy="Write --update-baselines=all, =new or =extend, and paths before it.",
    )


def _place_of(config: pytest.Config, name: str) -> str:
    """Return what an error calls the place that a value is from."""
    return f"the ini value {name}" if config.getoption(name) is None else _option(name)


def _option(name: str) -> str:
    return f"--{name.replace('_', '-')}"


def _text(config: pytest.Config, name: str) -> str | None:
    """Return what the command line says, else the ini file, else nothing."""
    value = config.getoption(name)
    if value is None:
        value = config.getini(name) or None
    return None if value is None else str(value).strip()


def _switch(config: pytest.Config, name: str) -> bool:
    """Tell whether something is switched on: the command line can only do that, the ini file says it for all runs."""
    return bool(config.getini(name) if config.getoption(name) is None else config.getoption(name))


def _path(config: pytest.Config, name: str, what: str) -> Path | None:
    """Resolve a path: against the working directory from the command line, the project's root from the ini file."""
    given = config.getoption(name)
    if given == "":
        raise SettingsError(f"{_option(name)} is empty.", remedy=f"Name a {what}, or leave the option out.")
    if given is not None:
        return Path(config.invocation_params.dir, Path(given).expanduser()).resolve()
    ini = config.getini(name)
    return Path(config.rootpath, Path(str(ini)).expanduser()).resolve() if ini else None
