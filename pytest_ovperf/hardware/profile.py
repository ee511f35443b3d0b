"""The hardware profile: what a baseline is keyed by.

Two runs may be judged against each other when the facts in `KEYED` agree. What is left out on purpose: software
versions (a slower release must fail, not start afresh), memory and CPU stepping (seldom matter to a model that fits,
and differ within one cloud instance type); these are recorded beside the rest, so that a reader can look them up.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING

from pytest_ovperf.errors import MeasurementError

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What a fact says that could not be found out.
UNKNOWN = "unknown"

#: The facts that make two machines the same for a baseline. The others are recorded only.
KEYED = ("vendor", "brand", "family", "model", "physical_cores", "logical_cores", "isa", "virtual", "system", "arch")

#: Instruction sets that change the speed of inference, with the names that operating systems give them as CPU flags.
INSTRUCTION_SETS: Mapping[str, frozenset[str]] = {
    "avx2": frozenset({"avx2"}),
    "avx512f": frozenset({"avx512f"}),
    "avx512_vnni": frozenset({"avx512_vnni", "avx512vnni"}),
    "avx_vnni": frozenset({"avx_vnni", "avxvnni"}),
    "avx512_bf16": frozenset({"avx512_bf16", "avx512bf16"}),
    "avx512_fp16": frozenset({"avx512_fp16", "avx512fp16"}),
    "amx_tile": frozenset({"amx_tile"}),
    "amx_int8": frozenset({"amx_int8"}),
    "amx_bf16": frozenset({"amx_bf16"}),
    "amx_fp16": frozenset({"amx_fp16"}),
    "neon": frozenset({"neon", "asimd"}),
    "dotprod": frozenset({"asimddp", "dotprod"}),
    "i8mm": frozenset({"i8mm"}),
    "bf16": frozenset({"bf16"}),
    "sve": frozenset({"sve"}),
    "sve2": frozenset({"sve2"}),
    "sme": frozenset({"sme"}),
}

_MAX_BRAND = 32  # a folder name has to stay readable, and Windows bounds the whole path
_MAX_HEAD = 72
_DIGEST_DIGITS = 6

# Words that processors' names carry and that tell nothing.
_FILLER = re.compile(
    r"\((?:r|tm|c)\)|@.*$|\bw/.*$|\bwith\b.*$"
    r"|\b\d+th gen\b|\b[a-z0-9]+-core\b|\bcpu\b|\bprocessor\b|\bauthentic\b|\bgenuine\b",
)
_SHORT_VENDOR = {"genuineintel": "intel", "authenticamd": "amd"}
_SHORT_SYSTEM = {"linux": "", "darwin": "macos"}


@dataclass(frozen=True, slots=True)
class HardwareProfile:
    """One machine, as far as it decides how fast a model runs.

    ``family``, ``model`` and ``stepping`` are as the operating system writes them, `UNKNOWN` where it does not say.
    ``physical_cores`` and ``logical_cores`` count the cores that this process may use, not those of the machine.
    ``isa`` holds names out of `INSTRUCTION_SETS`, in that order. ``memory_gib`` is rounded to whole GiB. ``system``
    is ``Linux``, ``Windows`` or ``Darwin``; ``arch`` is ``x86_64`` or ``arm64`` or whatever the system calls itself.
    """

    vendor: str
    brand: str
    family: str
    model: str
    stepping: str
    physical_cores: int
    logical_cores: int
    isa: tuple[str, ...]
    memory_gib: int
    virtual: bool
    system: str
    arch: str

    def facts(self) -> dict[str, object]:
        """Return the whole profile as plain JSON data; `from_facts` is the way back."""
        return {name: list(value) if isinstance(value, tuple) else value for name, value in asdict(self).items()}

    @classmethod
    def from_facts(cls, facts: Mapping[str, object]) -> HardwareProfile:
        """Return the profile that ``facts`` spells out.

        Raises `MeasurementError` where a fact is missing, unknown or of the wrong type; see `wrong_fact`.
        """
        wrong = wrong_fact(facts)
        if wrong is not None:
            name, expected = wrong
            raise MeasurementError(
                f"The hardware profile's {name!r} is {facts.get(name)!r}: {expected}.",
                remedy="Let the profile be read anew: python -m pytest_ovperf.hardware.probe",
            )
        plain = {name: tuple(value) if isinstance(value, list) else value for name, value in facts.items()}
        return cls(**plain)  # type: ignore[arg-type]  # `wrong_fact` has checked every type

    def keyed(self) -> dict[str, object]:
        """Return only the facts that a baseline is keyed by."""
        facts = self.facts()
        return {name: facts[name] for name in KEYED}

    def differs_from(self, other: HardwareProfile) -> tuple[str, ...]:
        """Return the names of the keyed facts in which the two profiles differ: none means the same machine."""
        mine, others = self.keyed(), other.keyed()
        return tuple(name for name in KEYED if mine[name] != others[name])

    @property
    def slug(self) -> str:
        """The folder name of this machine's baselines, such as ``intel-xeon-2c-avx512-vnni-bf16-vm-1a2b3c``.

        Words that people recognise, then a digest of the keyed facts that tells apart what the words do not. Lower
        case letters, digits and hyphens only, at most 79 characters.
        """
        spelled = json.dumps(self.keyed(), sort_keys=True, ensure_ascii=True).encode("ascii")
        digest = hashlib.sha256(spelled).hexdigest()[:_DIGEST_DIGITS]
        words = (self._brand_words(), self._core_words(), *self._isa_words(), *self._system_words())
        head = "-".join(word for word in words if word)[:_MAX_HEAD].rstrip("-")
        return f"{head}-{digest}"

    def __str__(self) -> str:
        kind = "virtual machine" if self.virtual else "machine"
        cores = f"{self.physical_cores} cores, {self.logical_cores} threads"
        return f"{self.brand}, {cores}, {self.memory_gib} GiB, {self.system} {self.arch} ({kind})"

    def _brand_words(self) -> str:
        vendor = _SHORT_VENDOR.get(self.vendor.lower(), _words(self.vendor.lower().replace(UNKNOWN, "")))
        brand = _words(_FILLER.sub(" ", self.brand.lower()))
        if brand in ("", UNKNOWN):
            brand = "cpu"
        if vendor and not brand.startswith(vendor):
            brand = f"{vendor}-{brand}"
        return brand[:_MAX_BRAND].strip("-")

    def _core_words(self) -> str:
        threads = "" if self.logical_cores == self.physical_cores else f"{self.logical_cores}t"
        return f"{self.physical_cores}c{threads}"

    def _isa_words(self) -> tuple[str, ...]:
        has = set(self.isa)
        widest = next((word for name, word in _WIDEST if name in has), "")
        vnni = "vnni" if has & {"avx512_vnni", "avx_vnni"} else ""
        bf16 = "bf16" if has & {"avx512_bf16", "bf16"} else ""
        amx = "amx" if "amx_tile" in has else ""
        return (widest, vnni, bf16, amx)

    def _system_words(self) -> tuple[str, ...]:
        system = _words(self.system.lower())
        arch = "" if self.arch == "x86_64" else _words(self.arch.lower())
        return (_SHORT_SYSTEM.get(system, system), arch, "vm" if self.virtual else "")


_WIDEST = (("avx512f", "avx512"), ("avx2", "avx2"), ("sve2", "sve2"), ("sve", "sve"), ("neon", "neon"))
_EXPECTED = {
    "str": "a text is expected",
    "int": "a whole number from 0 is expected",
    "bool": "true or false is expected",
}


def wrong_fact(facts: Mapping[str, object]) -> tuple[str, str] | None:
    """Return the name of the first fact that is no part of a profile, and what was expected; ``None`` if all is well.

    For use on data that came from outside: a file, another process.
    """
    kinds = {each.name: str(each.type) for each in fields(HardwareProfile)}
    for name in facts:
        if name not in kinds:
            return name, "a profile has no such fact"
    for name, kind in kinds.items():
        if name not in facts:
            return name, "this fact is missing"
        if not _fits(facts[name], kind):
            return name, _EXPECTED.get(kind, "a list of texts is expected")
    return None


def instruction_sets(flags: frozenset[str]) -> tuple[str, ...]:
    """Return the instruction sets that matter out of an operating system's CPU ``flags``."""
    return tuple(name for name, spellings in INSTRUCTION_SETS.items() if spellings & flags)


def _fits(value: object, kind: str) -> bool:
    if kind == "bool":
        return isinstance(value, bool)
    if kind == "int":
        return isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if kind == "str":
        return isinstance(value, str)
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _words(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")
