"""What OpenVINO's words mean: the cause of a failure, read from its text and from the shapes of the model.

The words alone do not tell. "Missing upper bound" on a model whose shapes are all fixed is a driver that does not fit,
not a dynamic shape; so each rule says for which shapes it holds. What no rule knows is `FailureCause.UNKNOWN`, and
the error then carries all that was said.

OpenVINO wraps what went wrong in the places of its source that it passed ("Exception from src/…"), and some compilers
print the cause and raise a mere "Compilation failed". So the message is read first; what was printed is read only if
the message says nothing of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from pytest_ovperf.errors import (
    BadConfigError,
    CacheMismatchError,
    CompilerInternalError,
    CompilerMissingError,
    DeviceFailureError,
    DeviceLostError,
    DeviceNotFoundError,
    DriverIncompatibleError,
    DynamicShapeError,
    FailureCause,
    OutOfMemoryError,
    PluginMissingError,
    UnboundedShapeError,
    UnknownFailureError,
    UnsupportedOperationError,
)

from .remedies import remedy_of

if TYPE_CHECKING:
    from collections.abc import Sequence


class ShapeKind(StrEnum):
    """How far a model's shapes are fixed.

    ``UNBOUNDED``: some dimension (or rank) has no upper bound. ``BOUNDED``: some are dynamic, all have one. ``STATIC``:
    none is dynamic. ``UNKNOWN``: the model could not be looked at.
    """

    UNBOUNDED = "unbounded"
    BOUNDED = "bounded"
    STATIC = "static"
    UNKNOWN = "unknown"


_ANY = frozenset(ShapeKind)
_DYNAMIC = frozenset({ShapeKind.UNBOUNDED, ShapeKind.BOUNDED})


@dataclass(frozen=True, slots=True)
class _Rule:
    """One cause, the words that tell it and the shapes of the models for which they do."""

    cause: FailureCause
    words: re.Pattern[str]
    shapes: frozenset[ShapeKind] = _ANY


def _rule(cause: FailureCause, *words: str, shapes: frozenset[ShapeKind] = _ANY) -> _Rule:
    return _Rule(cause, re.compile("|".join(words), re.IGNORECASE), shapes)


#: The first that fits counts. Within one text, what stands further up explains what stands further down: without its
#: compiler a plugin also fails to load a library, and an outdated blob also has an unsupported version.
_RULES: Sequence[_Rule] = (
    _rule(
        FailureCause.COMPILER_MISSING,
        r"VCL compiler loading failed",
        r"cannot load library \S*npu\w*compiler",
        r"libnpu_driver_compiler\S*: cannot open shared object file",
    ),
    _rule(
        FailureCause.PLUGIN_MISSING,
        r"is not registered in the OpenVINO Runtime",
        r"cannot load library \S*openvino_\w+_plugin",
        r"(?:libOpenCL|libze_loader)\S*: cannot open shared object file",
    ),
    _rule(
        FailureCause.DEVICE_ABSENT,
        r"no (?:supported |available |NPU |GPU )*devices? (?:was |were |can be )?(?:found|used)",
        r"could not find an? (?:NPU|GPU) device",
        r"\[GPU\] Context was not initialized for \S+ device",
    ),
    _rule(
        FailureCause.OUT_OF_MEMORY,
        r"OUT_OF_(?:HOST|DEVICE)_MEMORY",
        r"CL_MEM_OBJECT_ALLOCATION_FAILURE",
        r"exceeded max size of memory",
        r"\bbad_alloc\b|\bbad allocation\b|\bMemoryError\b",
        r"failed to allocate \d+ bytes",
        r"(?:cannot|can't|unable to) allocate (?:memory\b|[\d.]+ ?[KMGT]i?B\b)",
        r"\bout of memory\b",
    ),
    _rule(FailureCause.DEVICE_LOST, r"ERROR_DEVICE_LOST", r"DXGI_ERROR_DEVICE_(?:REMOVED|HUNG|RESET)"),
    _rule(
        FailureCause.CACHE_MISMATCH,
        r"is not compatible with the ELF",
        r"cannot import compiled blob",
        r"\bblob\b[^\n]{0,80}\b(?:version|incompatible|not compatible)\b",
    ),
    _rule(
        FailureCause.DRIVER_INCOMPATIBLE,
        r"supports only drivers? with graph extension",
        r"ZE_RESULT_ERROR_UNSUPPORTED_VERSION",
    ),
    # These say themselves that an operation was given a dynamic shape, whatever the model's own inputs are like.
    _rule(
        FailureCause.DYNAMIC_SHAPE,
        r"dynamic shapes? (?:is|are) not supported for",
        shapes=_DYNAMIC | {ShapeKind.UNKNOWN},
    ),
    _rule(
        FailureCause.DYNAMIC_SHAPE,
        r"to_shape was called on a dynamic shape",
        r"get_shape was called on a descriptor::Tensor with dynamic shape",
        r"over dynamic dimension is not supported",
        r"can't compute total shape size on dynamic shape",
        r"expected exactly \d+ dynamic output bound dimensions?, got",
        shapes=_DYNAMIC,
    ),
    # A bound cannot be missing where there is one: then something else is wrong.
    _rule(
        FailureCause.DYNAMIC_SHAPE,
        r"missing upper bound",
        r"upper bounds (?:are|were|is|was) not specified",
        r"dynamic shape without upper bound",
        shapes=frozenset({ShapeKind.UNBOUNDED}),
    ),
    _rule(
        FailureCause.BAD_CONFIG,
        r"unsupported property\b|unknown property\b|not supported property\b",
        r"property was not found:",
        r"wrong value .{0,200}for property",
        r"unknown value for \w+:",
        r"could not read \w[\w ]* from str:",
        r"\[ NOT_FOUND \] Option .{0,200}is not supported for current configuration",
    ),
    _rule(
        FailureCause.UNSUPPORTED_OP,
        r"unsupported operation\b",
        r"\boperation\b.{0,200}\bis not supported\b",
        r"cannot create \S+ layer .{0,200}from unsupported opset",
        r"unsupported (?:element type|precision)\b",
    ),
    _rule(FailureCause.COMPILER_INTERNAL, r"\bPass failed\b", r"\bfailed pass \w+"),
)

#: Messages that say only that something failed.
_WRAPPERS = re.compile(
    r"^\s*Compilation failed\.?\s*$|Failed to compile \S+ for all devices in \[", re.IGNORECASE | re.MULTILINE
)
#: A line of a compiler's or plugin's log, which may stand before the message.
_LOGGED = re.compile(r"\s*\[ ?(?:FATAL|ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE)\b", re.IGNORECASE)
_PLACE = re.compile(r"\s*(?:Exception from \S+:\d+:|Check '.*' failed at \S+:\d+:?)\s*$")

_ERRORS: dict[FailureCause, type[DeviceFailureError]] = {
    kind.cause: kind
    for kind in (
        DynamicShapeError,
        DeviceNotFoundError,
        PluginMissingError,
        CompilerMissingError,
        DriverIncompatibleError,
        UnsupportedOperationError,
        OutOfMemoryError,
        BadConfigError,
        CacheMismatchError,
        DeviceLostError,
        CompilerInternalError,
        UnknownFailureError,
    )
}

_PRINTED_LINES = 20


def classify(text: str, *, device: str, shapes: ShapeKind, printed: str = "") -> FailureCause:
    """Return the cause that ``text`` tells, raised by OpenVINO for ``device`` (an expression) and such a model.

    ``printed`` is what the process printed meanwhile. A dynamic shape is never the cause on the CPU, which takes any,
    nor for a model without a dynamic dimension.
    """
    if _only_cpu(device):
        shapes = ShapeKind.STATIC  # as far as the rules are concerned
    logged, message = _parted(text)
    cause = _first(message, shapes)
    if cause is FailureCause.UNKNOWN and (not message.strip() or _WRAPPERS.search(message)):
        cause = _first(f"{logged}\n{printed}", shapes)
    return cause


def ran_out_of_memory(text: str) -> bool:
    """Tell whether a process that printed ``text`` and died says that memory ran out."""
    return any(rule.cause is FailureCause.OUT_OF_MEMORY and rule.words.search(text) for rule in _RULES)


def failure_from(text: str, *, tried: str, device: str, shapes: ShapeKind, printed: str = "") -> DeviceFailureError:
    """Return the error of the class that belongs to the cause, with all of ``text`` in what was seen.

    ``tried`` completes "OpenVINO cannot …". The last lines of ``printed`` are shown where ``text`` does not tell.
    """
    cause = classify(text, device=device, shapes=shapes, printed=printed)
    kind = _ERRORS[cause]
    if cause is FailureCause.DYNAMIC_SHAPE and shapes is ShapeKind.UNBOUNDED:
        kind = UnboundedShapeError
    parts = [f"OpenVINO cannot {tried} ({cause}):", *_told(text, cause)]
    words = [line for line in printed.splitlines() if line.strip()][-_PRINTED_LINES:]
    if words and classify(text, device=device, shapes=shapes) is FailureCause.UNKNOWN:
        parts += ["It printed meanwhile:", *_indented(words)]
    return kind("\n".join(parts), remedy=remedy_of(cause, device, bounded=shapes is ShapeKind.BOUNDED))


def _first(text: str, shapes: ShapeKind) -> FailureCause:
    for rule in _RULES:
        if shapes in rule.shapes and rule.words.search(text):
            return rule.cause
    return FailureCause.UNKNOWN


def _parted(text: str) -> tuple[str, str]:
    """Return the lines of a log that stand in ``text``, and the message without the places where it was raised."""
    lines = text.splitlines()
    logged = [line for line in lines if _LOGGED.match(line)]
    message = [line for line in lines if not _LOGGED.match(line) and not _PLACE.match(line)]
    return "\n".join(logged), "\n".join(message)


def _told(text: str, cause: FailureCause) -> list[str]:
    """Return the lines that tell, and the whole text under them where that is more."""
    whole = [line.rstrip() for line in text.splitlines() if line.strip()]
    telling = [line for line in whole if not _PLACE.match(line)]
    if cause is FailureCause.UNKNOWN or not telling or telling == whole:
        return _indented(whole)
    return [*_indented(telling), "The whole of it:", *_indented(whole)]


def _indented(lines: Sequence[str]) -> list[str]:
    return [f"    {line}" for line in lines]


def _only_cpu(device: str) -> bool:
    head, colon, members = device.upper().partition(":")
    names = members.split(",") if colon else [head]
    return all(name.strip().partition("(")[0].partition(".")[0] == "CPU" for name in names)
