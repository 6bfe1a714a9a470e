"""Planted faults: small deviations that an emulator's author could plausibly make, one module for each area.

Each names the requirement it must trip. The reference's own code knows nothing of them: `hooks` puts them around it.
"""

from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from conformance.proof.faults.fault import Fault, registered

__all__ = ["Fault", "UnknownFault", "all_faults", "named"]

_MACHINERY = frozenset({"changes", "context", "fault", "hooks", "operations"})


class UnknownFault(Exception):
    """A fault that does not exist, with what was perhaps meant."""


@cache
def all_faults() -> dict[str, Fault]:
    """Every fault by id, in order of area; imports the area modules when first called."""
    for module in iter_modules(__path__):
        if module.name not in _MACHINERY:
            import_module(f"{__name__}.{module.name}")
    return dict(sorted(registered().items()))


def named(ids: Iterable[str]) -> tuple[Fault, ...]:
    """The faults with these ids; raises `UnknownFault`."""
    known = all_faults()
    wanted = list(dict.fromkeys(ids))
    for identifier in wanted:
        if identifier not in known:
            from difflib import get_close_matches

            near = get_close_matches(identifier, known, n=3, cutoff=0.5)
            hint = f"; did you mean {' or '.join(near)}?" if near else ""
            raise UnknownFault(f"there is no fault {identifier!r}{hint} (see: assistants-conformance serve --faults)")
    return tuple(known[identifier] for identifier in wanted)
