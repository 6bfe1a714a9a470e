"""How much work checks do, in lines and calls: the same on every machine."""

import gc
import sys
from collections.abc import Callable, Iterable
from types import FrameType
from typing import Any

from conformance.checks import Check
from conformance.trace.index import Index


def steps(checks: Iterable[Check], index: Index) -> int:
    """How many lines these checks run, and how many functions they call."""
    count = 0

    def counting(frame: FrameType, event: str, argument: Any) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    def traced(frame: FrameType, event: str, argument: Any) -> Callable[..., Any]:
        nonlocal count
        count += event == "line"
        return traced

    gc.disable()  # what other tests left behind is not to be finalized and counted here
    sys.setprofile(counting)
    sys.settrace(traced)
    try:
        for check in checks:
            for _ in check.function(index):
                pass
    finally:
        sys.settrace(None)
        sys.setprofile(None)
        gc.enable()
    return count
