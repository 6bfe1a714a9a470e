"""Operators: named deviations that are put into a recorded trace, to see whether the checks notice.

A reference endpoint's faults show what its own traffic can be broken into; operators break the traffic that the real
API gave. Each says what it did and which requirements may be tripped; a mutant that a faithful endpoint could have
answered, too, is recognised as equivalent and counted apart.
"""

from functools import cache
from importlib import import_module

from conformance.proof.operators.mutation import Mutation, Operator, registered
from conformance.proof.operators.trace_view import TraceView

__all__ = ["Mutation", "Operator", "TraceView", "all_operators"]

AREAS = ("bodies", "errors", "lists", "moves", "replies", "states", "streams")


@cache
def all_operators() -> dict[str, Operator]:
    """Every operator by name, in order of area and place."""
    for area in AREAS:
        import_module(f"{__name__}.{area}")
    return registered()
