"""The code interpreter: which program the scripted model writes, and what comes of it. Nothing is ever executed."""

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from conformance.reference.tool_results import SANDBOX

OUTPUTS = ("logs", "image", "file")
RESULT_FILE = "result.csv"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c489"
    "0000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
)
"""A picture of one transparent pixel."""
_RANGE = re.compile(r"\bfrom\s+(\d{1,6})\s+to\s+(\d{1,6})\b", re.IGNORECASE)
_WANTS_CODE = re.compile(r"\b(?:python|code|script|program)\b", re.IGNORECASE)
_WANTS_PICTURE = re.compile(r"\b(?:plot|chart|diagram|histogram|picture|draw)\b", re.IGNORECASE)
_WANTS_FILE = re.compile(r"\b(?:save|write|export)\b.{0,80}\b(?:file|csv)\b", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True)
class Program:
    """A program and its outputs: what it prints (None: nothing), its pictures, and the files it writes by name."""

    source: str
    logs: str | None
    pictures: tuple[bytes, ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()


def is_wanted(text: str) -> bool:
    """Whether a user asks for what only a program can do."""
    return any(words.search(text) for words in (_WANTS_CODE, _WANTS_PICTURE, _WANTS_FILE))


def wanted_outputs(text: str) -> tuple[str, ...]:
    """Which of `OUTPUTS` a user's words ask for."""
    picture = ("image",) if _WANTS_PICTURE.search(text) else ()
    file = ("file",) if _WANTS_FILE.search(text) else ()
    return ("logs", *picture, *file)


def program(text: str, files: Sequence[tuple[str, int]], outputs: Collection[str]) -> Program:
    """The program for a user's words; `files` are the (id, size in bytes) of those it can read."""
    lines: list[str] = []
    logs = None
    if "logs" in outputs:
        computing, logs = _computing(text, files)
        lines += computing
    if "image" in outputs:
        lines += ["import matplotlib.pyplot as plt", "", "plt.plot([1, 2, 3])", "plt.show()"]
    if "file" in outputs:
        lines += [f"with open('{SANDBOX}{RESULT_FILE}', 'w') as file:", "    file.write('number\\n42\\n')"]
    return Program(
        "\n".join(lines) or "pass",
        logs,
        (PICTURE,) if "image" in outputs else (),
        ((RESULT_FILE, b"number\n42\n"),) if "file" in outputs else (),
    )


def _computing(text: str, files: Sequence[tuple[str, int]]) -> tuple[list[str], str]:
    """Lines of code that print something, and what they print."""
    if files:
        names = [SANDBOX + identifier for identifier, _ in files]
        code = ["import os", "", f"for name in {names!r}:", "    print(name, os.path.getsize(name))"]
        return code, "".join(f"{name} {size}\n" for name, (_, size) in zip(names, files, strict=True))
    if numbers := _RANGE.search(text):
        first, last = int(numbers.group(1)), int(numbers.group(2))
        return [f"print(sum(range({first}, {last + 1})))"], f"{sum(range(first, last + 1))}\n"
    return ["print(6 * 7)"], "42\n"
