"""One release of an SDK, and the order of releases."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_VERSION = re.compile(r"\d{1,5}(\.\d{1,5}){2}")
_NAMED = re.compile(r"(?P<language>[a-z]+)(==|@)(?P<version>\S+)")


class Language(StrEnum):
    """The language of an SDK; both SDKs are published under the name `openai`."""

    PYTHON = "python"
    NODE = "node"


FIRST_OF_V2 = {Language.PYTHON: (1, 21, 0), Language.NODE: (4, 38, 0)}
"""The releases that Assistants v2 came with."""


class BadSdk(ValueError):
    """A release that cannot be meant, and what to write instead."""


@dataclass(frozen=True)
class Sdk:
    """One published release of the official SDK of a language."""

    language: Language
    version: str

    def __str__(self) -> str:
        return f"{self.language}=={self.version}"

    @property
    def order(self) -> tuple[int, ...]:
        """What releases are ordered by."""
        return order(self.version)

    @property
    def speaks_v2(self) -> bool:
        """Whether the release speaks Assistants v2; what is older speaks v1."""
        return self.order >= FIRST_OF_V2[self.language]

    @classmethod
    def parse(cls, text: str) -> Sdk:
        """The release that `python==1.30.1` or `node==4.58.1` names; raises `BadSdk`."""
        found = _NAMED.fullmatch(text.strip())
        if found is None or found["language"] not in list(Language):
            raise BadSdk(f"{text!r} names no SDK; write python==1.30.1 or node==4.58.1")
        if not _VERSION.fullmatch(found["version"]):
            raise BadSdk(f"{text!r} is no release; write all three numbers, such as {found['language']}==4.58.1")
        return cls(Language(found["language"]), found["version"])


def order(version: str) -> tuple[int, ...]:
    """A version as numbers, so that 1.9.0 comes before 1.30.0."""
    return tuple(int(part) for part in version.split("."))
