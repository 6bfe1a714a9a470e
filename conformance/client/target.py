"""Targets: which endpoint a run drives, and how it wants to be spoken to."""

import os
import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit

from conformance.client.profile_keys import flaw_of, is_file
from conformance.contract import resources
from conformance.evidence.secrets import find_secrets

PLACEHOLDER_KEY = "no-key-was-given"
_HOST = r"localhost|\[[0-9a-fA-F:]+\]|[\w-]+(\.[\w-]+)+(?<!\.toml)"
LIKE_URL = re.compile(rf"({_HOST})(:\d+)?(/[^/].*|/)?|[\w-]+:\d+(/.*)?")
"""What is meant as a URL: a host with a port, a path or dots."""
_OPERATION = re.compile(r"/(assistants|threads|vector_stores|files)/?$")
SHORTEST_KEY = 8
"""A key shorter than this is no secret, and taking it out of texts would only garble them."""


class WrongTarget(Exception):
    """A target that was named wrongly: what was read, and what to write instead."""


@dataclass(frozen=True)
class Profile:
    """How an endpoint is spoken to.

    `auth` is the style of the key; `query` goes with every request. `capabilities` name what a driver may rely on
    beyond the API itself. `poll_seconds` is the pause between two looks at a run. `prompts` are what makes a model of
    this endpoint call a function (`tool`), fail (`fail`) or take long (`slow`), where nothing else does. `source` is
    how it was named: a name or a path.
    """

    name: str
    source: str = ""
    about: str = ""
    url: str | None = None
    embedded: bool = False
    auth: Literal["bearer", "api-key", "none"] = "bearer"
    api_key_env: str | None = None
    model: str = "gpt-4o-mini"
    capabilities: frozenset[str] = frozenset()
    poll_seconds: float = 0.25
    query: dict[str, str] = field(default_factory=dict)
    prompts: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Target:
    """An endpoint to run against.

    `timeout` is in seconds: the longest wait for one answer, and for one run to end. `key` never leaves the request
    headers.
    """

    url: str
    profile: Profile
    timeout: float = 30.0
    key: str = field(default=PLACEHOLDER_KEY, repr=False)
    key_env: str | None = None
    replay: bool = False

    @property
    def base_path(self) -> str:
        """The path under which the API is served."""
        return urlsplit(self.url).path.rstrip("/")

    @property
    def words(self) -> list[str]:
        """The words of a command line that name this target; one that a run serves by itself has no URL yet."""
        words = [self.url or self.profile.name]
        if self.url and self.profile.source != "generic":
            words += ["--profile", self.profile.source]
        if self.profile.model != load_profile(self.profile.source).model:
            words += ["--model", self.profile.model]
        if self.key_env and self.key_env != self.profile.api_key_env:
            words += ["--api-key-env", self.key_env]
        return words

    @property
    def secrets(self) -> tuple[str, ...]:
        """The key, unless it is none: not given, too short, or a word of the API such as `assistants`.

        Such a word (emulators take any key) stands in every text; taking it out would only garble them.
        """
        if self.key == PLACEHOLDER_KEY or len(self.key) < SHORTEST_KEY or self.key in _own_words():
            return ()
        return (self.key,)

    def headers(self) -> dict[str, str]:
        """The headers that carry the key, in the profile's style."""
        match self.profile.auth:
            case "bearer":
                return {"Authorization": f"Bearer {self.key}"}
            case "api-key":
                return {"api-key": self.key}
            case "none":
                return {}


@cache
def _own_words() -> str:
    """Every text that a report may hold whatever the endpoint answers: the contract's, and the names of scenarios."""
    places = [resources.specs(), resources.cassettes() / "reference" / "coverage.json"]
    files = [path for place in places for path in (sorted(place.rglob("*")) if place.is_dir() else [place])]
    return "\n".join(path.read_text(encoding="utf-8") for path in files if path.suffix in (".yaml", ".json", ".toml"))


def profile_names() -> list[str]:
    """The names of the profiles that ship with the suite."""
    return sorted(path.stem for path in (resources.specs() / "profiles").glob("*.toml"))


def load_profile(name: str) -> Profile:
    """A profile by its name, or from a TOML file by its path; raises `WrongTarget`."""
    if is_file(name) and not name.endswith(".toml"):
        raise WrongTarget(
            f"{name} is no profile, whose file ends in .toml, and no URL such as http://127.0.0.1:8000/v1"
        )
    path = Path(name) if is_file(name) else resources.specs() / "profiles" / f"{name}.toml"
    try:
        settings: dict[str, Any] = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise WrongTarget(_missing_profile(name)) from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as problem:
        raise WrongTarget(f"the profile {path} cannot be read: {problem}") from None
    if flaw := flaw_of(settings):
        raise WrongTarget(f"the profile {path} has {flaw}")
    settings["capabilities"] = frozenset(settings.get("capabilities", ()))
    return Profile(name=path.stem, source=name, **settings)


def _missing_profile(name: str) -> str:
    if is_file(name):
        return f"there is no profile file {name}; write one with: assistants-conformance profile new URL --file {name}"
    here = f"; for the file of that name write ./{name}.toml" if Path(f"{name}.toml").is_file() else ""
    return f"there is no profile {name!r}; choose one of {', '.join(profile_names())}, or a .toml file{here}"


def is_url(name: str) -> bool:
    """Whether a target's name is a URL rather than a profile."""
    return "://" in name


def resolve(
    name: str,
    *,
    profile: str | None = None,
    model: str | None = None,
    api_key_env: str | None = None,
    timeout: float = 30.0,
) -> Target:
    """The target that a name on the command line means: a URL, or a profile that knows its own.

    Raises `WrongTarget` with what to write instead. An embedded target has an empty URL until it is started.
    """
    if profile is not None and is_url(profile):
        raise WrongTarget(f"--profile {profile} is a URL; name it as the target: run {profile}")
    if LIKE_URL.fullmatch(name) and not Path(name).is_file():
        raise WrongTarget(f"{name!r} has no scheme; write http://{name}")
    if is_url(name):
        try:
            parts = urlsplit(name)
            _ = parts.port  # it is read when it is asked for
        except ValueError as problem:
            raise WrongTarget(f"{name!r} is not a URL: {problem}") from None
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise WrongTarget(f"{name!r} is not an http or https URL; write for example http://127.0.0.1:8000/v1")
        if parts.username or parts.password:
            raise WrongTarget("the URL holds a user name or password; give the key by --api-key-env instead")
        if find_secrets(name):
            raise WrongTarget("the URL holds what looks like a key; give the key by --api-key-env instead")
        if parts.query or parts.fragment:
            raise WrongTarget(
                f"the URL has a query or fragment ({parts.query or parts.fragment!r}); name the API's base only"
            )
        if (base := _OPERATION.sub("", name)) != name:
            raise WrongTarget(f"{name} is an operation; name the API's base: {base}")
        chosen, url = load_profile(profile or "generic"), name.rstrip("/")
    else:
        chosen = load_profile(profile or name)
        if chosen.url is None and not chosen.embedded:
            raise WrongTarget(
                f"the profile {chosen.name} has no URL of its own; write run URL --profile {chosen.source}"
            )
        url = "" if chosen.embedded else (chosen.url or "").rstrip("/")
    if model:
        chosen = replace(chosen, model=model)
    env = api_key_env or chosen.api_key_env
    key = os.environ.get(env, "").strip() if env else ""
    if not (key.isascii() and key.isprintable()):
        raise WrongTarget(f"the API key in {env} has characters that no header can carry; set it anew")
    if api_key_env and not key:
        raise WrongTarget(f"the environment variable {api_key_env} named by --api-key-env is unset or empty")
    return Target(url=url, profile=chosen, timeout=timeout, key=key or PLACEHOLDER_KEY, key_env=api_key_env)
