"""How vcrpy finds our cassettes in a replay, as they are or packed, and the requests in them."""

from pathlib import Path
from typing import Any

from vcr.persisters.filesystem import CassetteNotFoundError  # type: ignore[import-untyped]
from vcr.serialize import deserialize  # type: ignore[import-untyped]

from conformance.recordings.encodings import unpacked
from conformance.recordings.packed import packed_twin

EXACT_BODY = "exact_body"
"""The name under which `exact_body` is registered."""


def exact_body(sent: Any, recorded: Any) -> None:
    """Whether two requests have the same body, byte for byte; raises AssertionError where they have not.

    The scenarios write the same bytes each time. vcrpy's own comparison reads every body as JSON and prepares an
    explanation of each difference, which took two thirds of a replay.
    """
    assert sent.body == recorded.body, "other bytes"


class Cassettes:
    """Loads a cassette of ours, packed or not; a replay never saves one."""

    @classmethod
    def load_cassette(cls, cassette_path: str, serializer: Any) -> Any:
        """(requests, responses) of a cassette; raises vcrpy's `CassetteNotFoundError` where there is none."""
        path = Path(cassette_path)
        packed = packed_twin(path)
        if packed.is_file():
            return deserialize(unpacked(packed.read_bytes()).decode(), serializer)
        if not path.is_file():
            raise CassetteNotFoundError(f"no cassette {path.name}")
        return deserialize(path.read_bytes().decode(), serializer)

    @staticmethod
    def save_cassette(cassette_path: str, cassette_dict: Any, serializer: Any) -> None:
        """Nothing is recorded by vcrpy: our own writer does that."""
