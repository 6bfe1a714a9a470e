"""Values around the bounds of vector stores, their files, batches and searches."""

from typing import Any

from conformance.scenarios.kit.boundary_values import MARKED, Around, length
from conformance.scenarios.kit.fixtures import numbered


def names(count: int) -> list[str]:
    """So many ids of files that do not exist: how many there are is looked at before what they name."""
    return [f"file-{number:06}" for number in range(count)]


# ---- Chunks ----------------------------------------------------------------------------------------------------------


def static(size: Any, overlap: Any) -> dict[str, Any]:
    """A static chunking strategy."""
    return {"type": "static", "static": {"max_chunk_size_tokens": size, "chunk_overlap_tokens": overlap}}


CHUNKS = Around(
    (
        {"type": "auto"},
        *(static(*pair) for pair in ((100, 0), (100, 50), (101, 50), (800, 400), (4095, 2047), (4096, 2048))),
    ),
    (
        *(static(*pair) for pair in ((99, 0), (4097, 400), (800, 401), (101, 51), (800, -1), ("800", 400), (800, 0.5))),
        *({"type": kind} for kind in ("static", "other", "semantic")),
        {"type": "static", "static": {"max_chunk_size_tokens": 800}},
        {"type": "static", "static": {"chunk_overlap_tokens": 400}},
        {},
        "auto",
    ),
)
"""The overlap is at most half of the size, and of an odd size the smaller half."""

# ---- Vector stores ---------------------------------------------------------------------------------------------------


def after(days: Any, anchor: Any = "last_active_at") -> dict[str, Any]:
    """An expiration policy."""
    return {"anchor": anchor, "days": days}


EXPIRY = Around(
    (after(1), after(2), after(364), after(365)),
    (
        *(after(days) for days in (0, -1, 366, "7", 1.5)),
        *(after(7, anchor) for anchor in ("created_at", "", None)),
        {"days": 7},
        {"anchor": "last_active_at"},
        "tomorrow",
    ),
)
STORE_NAME = Around(("Orchard", "Größe 🌍", "N" * 100, ""), (7, ["Orchard"], {"name": "Orchard"}))

# ---- Attributes ------------------------------------------------------------------------------------------------------

ATTRIBUTES = Around(
    (
        {"kind": "fruit", "year": 2023, "ratio": 0.5, "ripe": True, "empty": ""},
        MARKED,
        numbered(15),
        numbered(16),
        *({key: "v"} for key in length(64).kept),
        *({"k": value} for value in length(512).kept),
        {},
    ),
    (
        numbered(17),
        *({key: "v"} for key in length(64).broken),
        *({"k": value} for value in length(512).broken),
        *({"k": value} for value in (None, ["v"], {"k": "v"})),
        ["v"],
        "v",
    ),
)

# ---- Searches --------------------------------------------------------------------------------------------------------


def compare(kind: Any, key: Any, value: Any) -> dict[str, Any]:
    """A filter that compares one attribute."""
    return {"type": kind, "key": key, "value": value}


def joined(kind: str, *filters: Any) -> dict[str, Any]:
    """A filter that joins others."""
    return {"type": kind, "filters": list(filters)}


FILTERS = Around(
    (
        compare("eq", "kind", "fruit"),
        compare("eq", "year", 2023),
        compare("eq", "ripe", True),
        compare("eq", "kind", "no such kind"),
        compare("ne", "kind", "fruit"),
        compare("gt", "year", 2022),
        compare("gte", "year", 2022),
        compare("lt", "year", 2022.5),
        compare("lte", "year", 2022),
        compare("in", "kind", ["fruit", "tree"]),
        compare("in", "year", [2021]),
        compare("nin", "kind", ["fruit", "tree"]),
        joined("and", compare("eq", "kind", "fruit"), compare("gt", "year", 2022)),
        joined("and", compare("eq", "kind", "fruit"), compare("eq", "kind", "tree")),
        joined("or", compare("eq", "kind", "tree"), compare("eq", "year", 2023)),
        joined(
            "or", joined("and", compare("ne", "kind", "tree"), compare("lt", "year", 2023)), compare("eq", "year", 2021)
        ),
    ),
    (
        compare("like", "kind", "fruit"),
        compare("eq", "kind", None),
        compare("eq", "kind", {"k": "v"}),
        compare("eq", 7, "fruit"),
        compare("in", "kind", [None]),
        {"type": "eq", "key": "kind"},
        {"type": "eq", "value": "fruit"},
        {"key": "kind", "value": "fruit"},
        joined("and", compare("like", "kind", "fruit")),
        {"type": "and"},
        [compare("eq", "kind", "fruit")],
        "kind = fruit",
    ),
)
SEARCHES = Around(
    (
        {"query": "pear tree"},
        {"query": ["pear tree", "cider press"]},
        {"query": "pear tree", "max_num_results": 1},
        {"query": "pear tree", "max_num_results": 2},
        {"query": "pear tree", "max_num_results": 50},
        {"query": "Which tree is the oldest?", "rewrite_query": True},
        {"query": "pear tree", "rewrite_query": False},
        *(
            {"query": "pear tree", "ranking_options": {"ranker": name}}
            for name in ("none", "auto", "default-2024-11-15")
        ),
        *({"query": "pear tree", "ranking_options": {"score_threshold": score}} for score in (0, 0.3, 1)),
        {"query": "pear tree", "ranking_options": {}},
        {"query": "Quitten 木瓜 🍐"},
        {"query": "zzyzx"},
    ),
    (
        {},
        {"query": []},
        {"query": 7},
        {"query": [7]},
        {"query": None},
        *({"query": "pear tree", "max_num_results": number} for number in (0, -1, 51, "ten", 1.5)),
        *({"query": "pear tree", "ranking_options": {"ranker": name}} for name in ("default_2024_08_21", 7)),
        *({"query": "pear tree", "ranking_options": {"score_threshold": score}} for score in (-0.1, 1.1, "high")),
        {"query": "pear tree", "ranking_options": {"colour": "blue"}},
        {"query": "pear tree", "rewrite_query": "yes"},
        {"query": "pear tree", "colour": "blue"},
    ),
)
