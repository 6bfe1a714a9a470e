"""The words that requests are described with."""

from __future__ import annotations

from conformance.reference.shapes import Dictionary, Field
from conformance.reference.validation import Rule, Text, Whole


def required(rule: Rule) -> Field:
    """A property that must be there."""
    return Field(rule, required=True)


def optional(rule: Rule) -> Field:
    """A property that may be absent, but not null."""
    return Field(rule)


def nullable(rule: Rule) -> Field:
    """A property that may be absent, or null for its default."""
    return Field(rule, nullable=True)


def tag(name: str) -> Field:
    """The property that tells which of several shapes an object has."""
    return required(Text(choices=(name,)))


METADATA = {"metadata": nullable(Dictionary())}
PAGE = {
    "limit": optional(Whole(1, 100)),
    "order": optional(Text(choices=("asc", "desc"))),
    "after": optional(Text()),
    "before": optional(Text()),
}
