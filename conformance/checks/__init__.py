"""The checks, one module per area; importing this package registers them all."""

from functools import cache
from importlib import import_module
from pkgutil import iter_modules

from conformance.checks.check import Check, Examined, Finding, Observation, check, registered

__all__ = ["Check", "Examined", "Finding", "Observation", "all_checks", "check"]


@cache
def all_checks() -> dict[str, Check]:
    """Every check by name; imports the area modules when first called."""
    for module in iter_modules(__path__):
        if module.name not in ("check", "judge", "symptoms"):
            import_module(f"{__name__}.{module.name}")
    return registered()
