"""What an endpoint is like, found out by asking it: what a profile of it has to say.

Everything is asked by requests that any client could send; what they make is deleted. Nothing is judged.
"""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit, urlunsplit

import httpx

from conformance import contract
from conformance.client.endpoint import Endpoint
from conformance.client.tap import Tap
from conformance.client.target import PLACEHOLDER_KEY, Profile, Target
from conformance.scenarios.kit.driver import TERMINAL, Driver, Inconclusive, Stop
from conformance.scenarios.kit.fixtures import assistant, directed, thread, waiting_run
from conformance.session.preflight import PROBE, problem_with
from conformance.trace.exchange import Response
from conformance.trace.json import mapping, sequence

PATHS = ("", "/v1", "/openai/v1", "/api/v1", "/openai")
AZURE_VERSION = "2024-05-01-preview"
MODELS = 5
"""So many of the models that an endpoint lists are tried."""
LOOKS_PER_RUN, SHORTEST_PAUSE, LONGEST_PAUSE = 10, 0.02, 0.5
"""A run is looked at so many times as it goes on, at pauses in seconds between these."""
SLOW_LOOKS = 2
FAILURE = "rate_limit_exceeded"
"""What a scripted run is told to fail with: no run does by itself because of a greeting."""
TOOL_PROMPT = "What is the weather in Paris right now? Call the function get_weather to find out."
SLOW_PROMPT = "Write the numbers from 1 to 300 in words, each on a line of its own, and leave none out."


class NoProfile(Exception):
    """An endpoint of which no profile can be made; the text says why, and what to do."""


@dataclass(frozen=True)
class Probe:
    """What was found: the profile, and by its keys what was seen or has to be filled in."""

    profile: Profile
    notes: dict[str, str] = field(default_factory=dict)


def probe(target: Target, tell: Callable[[str], None]) -> Probe:
    """Find out how a target is spoken to; its profile holds what is taken for granted. Raises `NoProfile`."""
    notes: dict[str, str] = {}
    target = _spoken_to(target, notes)
    tell(f"{target.url} answers as the API does, with auth {target.profile.auth}")
    if problem := problem_with(target):
        raise NoProfile(problem)
    target = _with_model(target, notes)
    tell(f"model {target.profile.model}: {notes['model']}")
    target = _with_capabilities(target, notes)
    for finds, key in ((_forced_call, "tool"), (_slow_answer, "slow")):
        target = finds(target, notes)
        tell(f"{key}: {notes[key]}")
    if "script" not in target.profile.capabilities:
        notes["fail"] = "cannot be found out: write the message that makes a run of this endpoint fail, if one does"
    return Probe(replace(target.profile, url=target.url, capabilities=target.profile.capabilities), notes)


# Address and key ------------------------------------------------------------------------------------------------------


def _spoken_to(target: Target, notes: dict[str, str]) -> Target:
    """The target with the path under which the API is, and with the style in which it takes the key."""
    refused = None
    for base in _bases(target.url):
        for variant in _styles(replace(target, url=base)):
            response = _list_assistants(variant)
            if response is None or mapping(response.json_or_none).get("object") != "list":
                if response is not None and response.status in (401, 403):
                    refused = refused or (variant.url, response.status)
                continue
            if base != target.url:
                notes["url"] = f"{target.url} itself does not answer as the API"
            notes["auth"] = "it wants none" if variant.profile.auth == "none" else "found by trying"
            return variant
    if refused:
        url, status = refused
        given = "the key that was given" if target.key != PLACEHOLDER_KEY else "every request without a key"
        raise NoProfile(f"{url} refuses {given} ({status}): set {target.profile.api_key_env}, or use --api-key-env")
    raise NoProfile(problem_with(target) or f"{target.url} does not list assistants: GET /assistants is no list there")


def _bases(url: str) -> Iterator[str]:
    """The URL itself, and the usual places below its host."""
    parts = urlsplit(url)
    yield url
    if parts.path.strip("/") == "":
        for path in PATHS[1:]:
            yield urlunsplit((parts.scheme, parts.netloc, path, "", ""))


def _styles(target: Target) -> Iterator[Target]:
    """Ways to send the key, the most common first; where none was given, that may be not at all."""
    profile = target.profile
    without = replace(target, profile=replace(profile, auth="none"))
    if target.key == PLACEHOLDER_KEY:
        yield without
    yield replace(target, profile=replace(profile, auth="bearer"))
    yield replace(target, profile=replace(profile, auth="api-key"))
    yield replace(target, profile=replace(profile, auth="api-key", query={"api-version": AZURE_VERSION}))
    if target.key != PLACEHOLDER_KEY:
        yield without


def _list_assistants(target: Target) -> Response | None:
    with closing(Endpoint(target, Tap())) as endpoint:
        return endpoint.send("GET", PROBE).response


# Model ----------------------------------------------------------------------------------------------------------------


def _with_model(target: Target, notes: dict[str, str]) -> Target:
    """The target with a model by which a run completes, and with the pause between two looks that suits it."""
    why = ""
    for model in (target.profile.model, *_listed_models(target)[:MODELS]):
        candidate = replace(target, profile=replace(target.profile, model=model))
        began = time.monotonic()
        try:
            with closing(_driver(candidate)) as api:
                made = api.call("createRun", {"assistant_id": assistant(api)["id"]}, thread_id=thread(api)["id"])
                status = str(api.wait(made, until=TERMINAL)["status"])
        except Stop as stop:
            why = why or str(stop)
            continue
        if status == "completed":
            took = time.monotonic() - began
            pause = min(max(took / LOOKS_PER_RUN, SHORTEST_PAUSE), LONGEST_PAUSE)
            notes["model"] = f"a run completed in {took:.1f} s"
            notes["poll_seconds"] = "by how long that run took"
            return replace(candidate, profile=replace(candidate.profile, poll_seconds=round(pause, 2)))
        why = why or f"its run ended {status}"
    notes["model"] = f"no run completed ({why}): name one that this endpoint has"
    return target


def _listed_models(target: Target) -> list[str]:
    with closing(Endpoint(target, Tap())) as endpoint:
        response = endpoint.send("GET", "/models").response
    rows = sequence(mapping(response.json_or_none).get("data")) if response is not None else []
    return [name for row in rows if isinstance(name := mapping(row).get("id"), str)]


# What it can be told to do --------------------------------------------------------------------------------------------


def _with_capabilities(target: Target, notes: dict[str, str]) -> Target:
    """The target with the controls of the suite's own endpoint, where it has them."""
    found = set()
    control = httpx.URL(target.url).copy_with(path="/_reference/clock")
    try:
        with httpx.Client(timeout=target.timeout, trust_env=False) as client:
            answer = client.post(control, json={"advance": 0})
        if answer.status_code == 200 and "now" in mapping(answer.json()):
            found.add("clock")
    except (httpx.HTTPError, ValueError):
        pass
    scripted = replace(target, profile=replace(target.profile, capabilities=frozenset({"script"})))
    try:
        with closing(_driver(scripted)) as api:
            request = {"assistant_id": assistant(api)["id"], **directed(api, f"fail:{FAILURE}")}
            run = api.wait(api.call("createRun", request, thread_id=thread(api)["id"]), until=TERMINAL)
            if run["status"] == "failed" and mapping(run.get("last_error")).get("code") == FAILURE:
                found.add("script")
    except Stop:
        pass
    notes["capabilities"] = "found by trying" if found else "it follows no script and has no clock that can be moved"
    return replace(target, profile=replace(target.profile, capabilities=frozenset(found)))


def _forced_call(target: Target, notes: dict[str, str]) -> Target:
    """The target with the prompt by which its model calls a function, where `tool_choice` alone does not make it."""
    for prompt in ("", TOOL_PROMPT):
        prompts = {**target.profile.prompts, **({"tool": prompt} if prompt else {})}
        candidate = replace(target, profile=replace(target.profile, prompts=prompts))
        try:
            with closing(_driver(candidate)) as api:
                waiting_run(api)
        except Stop as stop:
            notes["tool"] = f"no function was called ({stop}): write the message that makes it call get_weather"
            continue
        notes["tool"] = "this makes it call a function" if prompt else "it calls a function where tool_choice says so"
        return candidate
    return target


def _slow_answer(target: Target, notes: dict[str, str]) -> Target:
    """The target with the prompt that keeps a run in progress for several looks."""
    if "script" in target.profile.capabilities:
        notes["slow"] = notes["fail"] = "the script does it"
        return target
    try:
        with closing(_driver(target)) as api:
            run = api.call(
                "createRun", {"assistant_id": assistant(api)["id"]}, thread_id=thread(api, SLOW_PROMPT)["id"]
            )
            run = api.wait(run, until=frozenset({"in_progress"}) | TERMINAL)
            looks = 0
            while run["status"] == "in_progress" and looks < SLOW_LOOKS:
                api.let_time_pass(target.profile.poll_seconds)
                run = api.call("getRun", thread_id=run["thread_id"], run_id=run["id"])
                looks += 1
            if run["status"] != "in_progress":
                raise Inconclusive(f"a run with a long answer was {run['status']} after {looks} looks")
            api.send("cancelRun", thread_id=run["thread_id"], run_id=run["id"])
    except Stop as stop:
        notes["slow"] = f"{stop}: write the message that keeps a run of this endpoint in progress, if one does"
        return target
    notes["slow"] = "this keeps a run in progress for a while"
    prompts = {**target.profile.prompts, "slow": SLOW_PROMPT}
    return replace(target, profile=replace(target.profile, prompts=prompts))


def _driver(target: Target) -> Driver:
    return Driver(target, contract.load())
