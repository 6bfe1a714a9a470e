"""Drives probes with the SDK that is installed: run.py URL MODE PROBE. Tells what is seen as lines of JSON."""

from __future__ import annotations

import importlib.util
import inspect
import json
import os
import sys
import warnings
from typing import Any

warnings.simplefilter("ignore")
os.environ["OPENAI_API_KEY"] = "sk-dummy"

import openai  # noqa: E402


class NotApplicable(Exception):
    """This release has nothing that could show the issue."""


class Session:
    """What a probe has: the client, the mode it is run in, and a way to tell what it sees."""

    def __init__(self, url: str, mode: str) -> None:
        self.url = url
        self.mode = mode
        self.options: dict[str, Any] = {"base_url": url, "api_key": "sk-dummy", "max_retries": 0, "timeout": 20}
        self.client = openai.OpenAI(**self.options)
        self.openai = openai

    def tell(self, **signals: Any) -> None:
        """Tell what was seen, at once: a probe that hangs later has told it."""
        print(json.dumps(signals, default=str), flush=True)

    def need(self, path: str) -> Any:
        """What stands at a path of the client, or in `vector_stores.`; a release without it is not applicable."""
        found: Any = self.client
        if path.startswith("vector_stores") and not hasattr(found, "vector_stores"):
            found = found.beta
        for name in path.split("."):
            if not hasattr(found, name):
                raise NotApplicable(f"this release has no {path}")
            found = getattr(found, name)
        return found

    def need_parameter(self, function: Any, name: str) -> None:
        """A release whose function does not know a parameter is not applicable."""
        if name not in inspect.signature(function).parameters:
            raise NotApplicable(f"this release does not know {name}")

    def assistant(self) -> str:
        """A new assistant."""
        return str(self.client.beta.assistants.create(model="gpt-4o-mini", instructions="Be brief.").id)

    def thread(self) -> str:
        """A new thread with a message."""
        return str(self.client.beta.threads.create(messages=[{"role": "user", "content": "Hello"}]).id)

    def caught(self, problem: BaseException) -> dict[str, Any]:
        """An exception in words."""
        return {
            "class": type(problem).__name__,
            "message": str(problem),
            "status": getattr(problem, "status_code", None),
            "code": getattr(problem, "code", None),
            "param": getattr(problem, "param", None),
        }


def perform(url: str, mode: str, path: str) -> None:
    """Load a probe, run it, and tell how it ended. A probe that cannot be loaded ends the process."""
    session = Session(url, mode)
    session.tell(version=openai.__version__)
    try:
        load(path).probe(session)
    except (NotApplicable, ImportError) as reason:
        session.tell(not_applicable=str(reason))
    except BrokenProbe:
        raise
    except BaseException as problem:
        session.tell(error=session.caught(problem))
    session.tell(ended=True)


class BrokenProbe(Exception):
    """A probe that cannot be loaded, for another reason than that the SDK lacks what it imports."""


def load(path: str) -> Any:
    """The module of a probe."""
    spec = importlib.util.spec_from_file_location("probe", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    try:
        spec.loader.exec_module(module)
    except ImportError:
        raise
    except Exception as problem:
        raise BrokenProbe(path) from problem
    return module


if len(sys.argv) > 1:
    perform(*sys.argv[1:4])
else:  # one job a line, for sweeps: the SDK is imported once
    for line in sys.stdin:
        perform(*json.loads(line))
