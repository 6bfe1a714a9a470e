"""Where the contract and the cassettes lie: beside the package in a checkout, inside it in a wheel."""

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parents[1]
_BUNDLED = _PACKAGE / "_data"


def _find(name: str) -> Path:
    bundled = _BUNDLED / name
    return bundled if bundled.is_dir() else _PACKAGE.parent / name


def specs() -> Path:
    """The folder of the contract's data files."""
    return _find("specs")


def cassettes() -> Path:
    """The folder of the recorded sessions that ship with the suite."""
    return _find("cassettes")
