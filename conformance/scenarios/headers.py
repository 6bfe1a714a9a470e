"""Requests without the headers that the API insists on, and with wrong ones.

An endpoint that does without a header is told so once: what goes further is only tried where it is asked for."""

from collections.abc import Mapping
from typing import Any

from conformance.scenarios.kit.driver import Driver
from conformance.scenarios.kit.fixtures import assistant, thread, user
from conformance.trace.exchange import Exchange
from conformance.trace.json import mapping

NO_KEY = {"Authorization": None, "api-key": None}
WRONG_KEY = "sk-wrong-key-of-the-conformance-suite"
BETA = "OpenAI-Beta"
NO_BETA = {BETA: None}
V1 = {BETA: "assistants=v1"}
BROKEN = b'{"model": '
UNKNOWN = "/assistants/asst_000000000000000000000000"


def _status(exchange: Exchange) -> int | None:
    return exchange.response.status if exchange.response is not None else None


def _list(api: Driver, headers: Mapping[str, str | None]) -> Exchange:
    return api.request("GET", "/assistants", query={"limit": 1}, headers=headers)


def test_beta(api: Driver) -> None:
    """No beta header: neither lists nor threads nor runs, nor is anything made or changed."""
    if _status(_list(api, NO_BETA)) != 400:
        return
    made = assistant(api)
    api.request("POST", "/threads", {}, headers=NO_BETA)
    api.request("POST", "/threads/runs", {"assistant_id": made["id"]}, headers=NO_BETA)
    api.request("POST", f"/assistants/{made['id']}", {"name": "Changed"}, headers=NO_BETA)
    _first(api, 400, "invalid_beta", api.request("POST", "/assistants", content=BROKEN, headers=NO_BETA))
    _first(api, 400, "invalid_beta", api.request("GET", UNKNOWN, headers=NO_BETA))
    api.call("getAssistant", assistant_id=made["id"])


def test_version_1(api: Driver) -> None:
    """The closed version 1: its header, and whole requests as its clients sent them."""
    if _status(_list(api, V1)) != 400:
        return
    made, thread_id = assistant(api), thread(api)["id"]
    old: dict[str, Any] = {"file_ids": ["file-000000000000000000000000"]}
    api.request("POST", "/assistants", {"model": api.model, "tools": [{"type": "retrieval"}], **old}, headers=V1)
    api.request("POST", f"/threads/{thread_id}/messages", {**user(), **old}, headers=V1)
    api.request("POST", f"/threads/{thread_id}/runs", {"assistant_id": made["id"]}, headers=V1)
    api.call("listRuns", thread_id=thread_id)
    api.call("listMessages", thread_id=thread_id)


def test_other_betas(api: Driver) -> None:
    """Words that are no beta of this API, and the right one among others."""
    for value in ("assistants", "assistants=v3", "realtime=v1", ""):
        if _status(_list(api, {BETA: value})) != 400:
            break
    _list(api, {BETA: "realtime=v1, assistants=v2"})


def test_models_without_beta(api: Driver) -> None:
    """Models are no part of the beta: their list comes without the header too."""
    api.request("GET", "/models", headers=NO_BETA)


def test_key(api: Driver) -> None:
    """No API key; where that is refused, it is before any other mistake, and nothing is made."""
    if not _refused(api, "HDR-KEY-01", _list(api, NO_KEY)):
        return
    _refused(api, "HDR-KEY-01", api.request("POST", "/threads", {}, headers=NO_KEY))
    _first(api, 401, None, _list(api, {**NO_KEY, **NO_BETA}))
    _first(api, 401, None, api.request("POST", "/assistants", content=BROKEN, headers=NO_KEY))
    _first(api, 401, None, api.request("GET", UNKNOWN, headers=NO_KEY))


def test_wrong_key(api: Driver) -> None:
    """An API key that is none."""
    wrong: dict[str, Mapping[str, str | None]] = {
        "bearer": {"Authorization": f"Bearer {WRONG_KEY}"},
        "api-key": {"api-key": WRONG_KEY},
        "none": NO_KEY,
    }
    _refused(api, "HDR-KEY-02", _list(api, {**NO_KEY, **wrong[api.target.profile.auth]}))


def _refused(api: Driver, requirement: str, exchange: Exchange) -> bool:
    """A recording does not tell which key was sent, so what comes of it is stated here; whether it was refused."""
    status = _status(exchange)
    if status is not None:
        api.expect(requirement, exchange, "status 401", None if status == 401 else f"status {status}")
    return status == 401


def _first(api: Driver, status: int, code: str | None, exchange: Exchange) -> None:
    """State that the answer is about the first of two mistakes: its status, and its code where one is known."""
    told = _status(exchange)
    if exchange.response is None or told is None:
        return
    wrong = None if told == status else f"status {told}"
    found = mapping(mapping(exchange.response.json_or_none).get("error")).get("code")
    if wrong is None and code is not None and found not in (code, None):
        wrong = f"code {found}"
    expected = f"status {status}" + (f" and code {code}" if code else "") + " for the first of two mistakes"
    api.expect("ERROR-FIRST-01", exchange, expected, wrong)
