"""What requests about files and vector stores may hold."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from conformance.reference.fields import METADATA, PAGE, nullable, optional, required, tag
from conformance.reference.shapes import Dictionary, Either, Field, Items, Shape, Variants, child, missing
from conformance.reference.validation import Decimal, Flag, Text, Whole, expect, invalid

PURPOSES = ("assistants", "batch", "fine-tune", "vision", "user_data", "evals")
FILES_PER_STORE = 500
FILES_PER_BATCH = 2_000
RESULTS = 50


@dataclass(frozen=True)
class Overlap:
    """The two numbers of a static strategy; the overlap is at most half of the size."""

    shape: Shape = field(
        default_factory=lambda: Shape(
            {
                "max_chunk_size_tokens": required(Whole(100, 4096)),
                "chunk_overlap_tokens": required(Whole(0)),
            }
        )
    )
    kind: str = "an object"

    def admits(self, value: Any) -> bool:
        """Whether it is an object."""
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        """Refuse by the bounds, then by both together."""
        self.shape.check(value, path)
        if value["chunk_overlap_tokens"] > value["max_chunk_size_tokens"] / 2:
            place = f"{path}.chunk_overlap_tokens"
            raise invalid(
                place,
                "invalid_value",
                f"Invalid '{place}': must be less than or equal to half of max_chunk_size_tokens.",
            )


@dataclass(frozen=True)
class OneOf:
    """An object that names one of several members, and not more; `needed` False: or none."""

    shape: Shape
    names: tuple[str, ...]
    needed: bool = True
    kind: str = "an object"

    def admits(self, value: Any) -> bool:
        """Whether it is an object."""
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        """Refuse by the shape, then none or several of the members."""
        self.shape.check(value, path)
        given = [name for name in self.names if value.get(name) is not None]
        if not given and self.needed:
            raise missing(self.names[0])
        if len(given) > 1:
            told = " and ".join(f"'{name}'" for name in given)
            raise invalid(child(path, given[1]), "mutually_exclusive_parameters", f"{told} cannot be given together.")


@dataclass(frozen=True)
class Filter:
    """A comparison, or several filters joined. Which values go with which operator nothing tells: all do."""

    kind: str = "an object"

    def admits(self, value: Any) -> bool:
        """Whether it is an object."""
        return isinstance(value, dict)

    def check(self, value: Any, path: str) -> None:
        """Refuse an unknown operator, and what does not belong to one."""
        expect(self, value, path)
        if "type" not in value:
            raise missing(child(path, "type"))
        kind = value["type"]
        Text(choices=(*COMPARISONS, *JOINS)).check(kind, child(path, "type"))
        if kind in JOINS:
            Shape({"type": required(Text()), "filters": required(Items(Filter()))}).check(value, path)
        else:
            Shape({"type": required(Text()), "key": required(Text()), "value": required(OPERAND)}).check(value, path)


JOINS = ("and", "or")
COMPARISONS = ("eq", "ne", "gt", "gte", "lt", "lte", "in", "nin")
OPERAND = Either((Text(), Decimal(), Flag(), Items(Either((Text(), Decimal())))))
ATTRIBUTES = Dictionary(value=Either((Text(longest=512), Decimal(), Flag())))
CHUNKING = Variants(
    {"auto": Shape({"type": tag("auto")}), "static": Shape({"type": tag("static"), "static": required(Overlap())})}
)
STORE_EXPIRY = Shape({"anchor": required(Text(choices=("last_active_at",))), "days": required(Whole(1, 365))})
_ADDED = {"attributes": nullable(ATTRIBUTES), "chunking_strategy": optional(CHUNKING)}

CREATE_STORE = Shape(
    {
        "file_ids": optional(Items(Text(), most=FILES_PER_STORE)),
        "name": nullable(Text()),
        "description": nullable(Text()),
        "expires_after": nullable(STORE_EXPIRY),
        "chunking_strategy": optional(CHUNKING),
        **METADATA,
    }
)
MODIFY_STORE = Shape({"name": nullable(Text()), "expires_after": nullable(STORE_EXPIRY), **METADATA})
HELPER = Shape(
    {
        "file_ids": optional(Items(Text(), most=10_000)),
        "chunking_strategy": optional(CHUNKING),
        **METADATA,
    }
)
SEARCH = Shape(
    {
        "query": required(Either((Text(), Items(Text(), fewest=1)))),
        "rewrite_query": optional(Flag()),
        "max_num_results": optional(Whole(1, RESULTS)),
        "filters": nullable(Filter()),
        "ranking_options": optional(
            Shape(
                {
                    "ranker": optional(Text(choices=("none", "auto", "default-2024-11-15"))),
                    "score_threshold": optional(Decimal(0, 1)),
                }
            )
        ),
    }
)
ADD_FILE = Shape({"file_id": required(Text()), **_ADDED})
MODIFY_ATTRIBUTES = Shape({"attributes": Field(ATTRIBUTES, required=True, nullable=True)})
CREATE_BATCH = OneOf(
    Shape(
        {
            "file_ids": optional(Items(Text(), most=FILES_PER_BATCH, fewest=1)),
            "files": optional(Items(Shape({"file_id": required(Text()), **_ADDED}), most=FILES_PER_BATCH, fewest=1)),
            **_ADDED,
        }
    ),
    ("file_ids", "files"),
)
STORE_FILES = {**PAGE, "filter": optional(Text(choices=("in_progress", "completed", "failed", "cancelled")))}
LIST_FILES = {
    "purpose": optional(Text()),
    "limit": optional(Whole(1, 10_000)),
    "order": optional(Text(choices=("asc", "desc"))),
    "after": optional(Text()),
}
UPLOAD = {
    "purpose": required(Text(choices=PURPOSES)),
    "expires_after[anchor]": optional(Text(choices=("created_at",))),
    "expires_after[seconds]": optional(Whole(3600, 2_592_000)),
}
"""The fields of the form besides the file itself."""
