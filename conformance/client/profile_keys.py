"""What may stand in a profile: each key with what it means and takes."""

import os
from collections.abc import Callable
from difflib import get_close_matches
from typing import Any, NamedTuple

AUTHS = ("bearer", "api-key", "none")
CAPABILITIES = ("script", "clock")
PROMPTS = ("tool", "fail", "slow")
MOST_POLL_SECONDS = 60


class Key(NamedTuple):
    """What a key means, what it takes in words, and whether a value is such."""

    about: str
    takes: str
    holds: Callable[[Any], bool]


def _is_text(value: Any) -> bool:
    return isinstance(value, str)


def _is_table(value: Any) -> bool:
    return isinstance(value, dict) and all(map(_is_text, value.values()))


def _is_pause(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 < value <= MOST_POLL_SECONDS


KEYS = {
    "about": Key("what kind of endpoint this is for", "a text", _is_text),
    "url": Key("where the endpoint is, if it is always there", "a text such as http://127.0.0.1:8000/v1", _is_text),
    "embedded": Key("the suite's own endpoint, started for the run", "true or false", lambda v: isinstance(v, bool)),
    "auth": Key(
        "how the key is sent: as `Authorization: Bearer`, as Azure's `api-key`, or not at all",
        " or ".join(f'"{one}"' for one in AUTHS),
        lambda value: value in AUTHS if _is_text(value) else False,
    ),
    "api_key_env": Key("the environment variable that holds the key", 'a text such as "OPENAI_API_KEY"', _is_text),
    "model": Key("the model that is asked for", 'a text such as "gpt-4o-mini"', _is_text),
    "capabilities": Key(
        "what the endpoint can be told to do beyond the API, as the suite's own can",
        f"a list of {' and '.join(map(repr, CAPABILITIES))}",
        lambda value: isinstance(value, list) and all(one in CAPABILITIES for one in value),
    ),
    "poll_seconds": Key(
        "the pause between two looks at a run", f"a number above 0, at most {MOST_POLL_SECONDS}", _is_pause
    ),
    "query": Key("what goes with every request in its query", 'a table of texts: { api-version = "…" }', _is_table),
    "prompts": Key(
        "messages that make a model of this endpoint call a function (tool), fail (fail), take long (slow)",
        f"a table [prompts] of texts, of {', '.join(PROMPTS)}",
        lambda value: _is_table(value) and not value.keys() - set(PROMPTS),
    ),
}
"""Every key of a profile, in the order in which they are written."""


def flaw_of(settings: dict[str, Any]) -> str | None:
    """What is wrong with the settings of a profile, with the key and what it takes; None where nothing is."""
    for key, value in settings.items():
        if key not in KEYS:
            near = get_close_matches(key, KEYS, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            return f"unknown key {key}; {hint}known are {', '.join(KEYS)}"
        if not KEYS[key].holds(value):
            return f"{key} = {value!r}; it takes {KEYS[key].takes}"
    return None


def is_file(name: str) -> bool:
    """Whether the name of a profile is that of a file."""
    return name.endswith(".toml") or "/" in name or os.sep in name
