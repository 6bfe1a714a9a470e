"""Benign variations: endpoints that differ from the reference and are just as right; no check may accuse them.

Each changes what the reference endpoint answers, or how, into something that real traffic, a standard or the API's own
documentation shows as legitimate, and says which. A MUST that is violated under a variation is a fault of the checks.
"""

from functools import cache
from importlib import import_module

from conformance.proof.variations.variation import Variation

__all__ = ["Variation", "all_variations"]

AREAS = ("bodies", "streams", "transport", "behaviour")


@cache
def all_variations() -> dict[str, Variation]:
    """Every variation by name, in order of area and place."""
    found: dict[str, Variation] = {}
    for area in AREAS:
        for variation in import_module(f"{__name__}.{area}").VARIATIONS:
            if variation.name in found:
                raise ValueError(f"two variations are called {variation.name}")
            found[variation.name] = variation
    return found
