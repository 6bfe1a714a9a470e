"""Identifiers as the real service makes them: a prefix and random characters."""

import random
import string
from collections import Counter

_BASE62 = string.ascii_letters + string.digits


class IdGenerator:
    """Makes identifiers; the same seed makes the same ones in the same order."""

    def __init__(self, seed: int | None) -> None:
        self._objects = random.Random(seed)
        # Requests draw from their own stream: how often a client polls must not change the ids of objects.
        self._requests = random.Random(seed)

    def make(self, prefix: str) -> str:
        """An object's id: `prefix`, an underscore and 24 characters of base 62."""
        return f"{prefix}_{self._random(24)}"

    def file(self) -> str:
        """A file's id, the one kind with a dash: `file-` and 22 characters of base 62."""
        return f"file-{self._random(22)}"

    def batch(self) -> str:
        """A file batch's id: `vsfb_` and 32 hexadecimal digits."""
        return f"vsfb_{self._objects.getrandbits(128):032x}"

    def _random(self, length: int) -> str:
        return "".join(self._objects.choices(_BASE62, k=length))

    def request(self) -> str:
        """The id of a request: `req_` and 32 hexadecimal digits."""
        return f"req_{self._requests.getrandbits(128):032x}"


class CountedIds(IdGenerator):
    """Makes identifiers of the same forms, each of a kind with the next number."""

    def __init__(self) -> None:
        super().__init__(None)
        self._made: Counter[str] = Counter()

    def make(self, prefix: str) -> str:
        """`prefix`, an underscore and a number of 24 digits."""
        return f"{prefix}_{self._next(prefix):024}"

    def file(self) -> str:
        """`file-` and a number of 22 digits."""
        return f"file-{self._next('file'):022}"

    def batch(self) -> str:
        """`vsfb_` and a number of 32 digits."""
        return f"vsfb_{self._next('vsfb'):032}"

    def request(self) -> str:
        """`req_` and a number of 32 digits."""
        return f"req_{self._next('req'):032}"

    def _next(self, kind: str) -> int:
        self._made[kind] += 1
        return self._made[kind]
