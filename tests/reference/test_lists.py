"""Lists: envelope, order, pages in both directions, cursors of deleted objects."""

from typing import Any

import httpx
import pytest


@pytest.fixture(scope="module")
def messages(http: httpx.Client) -> str:
    thread = http.post("/threads", json={}).json()["id"]
    for number in range(25):
        http.post(f"/threads/{thread}/messages", json={"role": "user", "content": str(number)})
    return f"/threads/{thread}/messages"


def texts(page: dict[str, Any]) -> list[int]:
    return [int(message["content"][0]["text"]["value"]) for message in page["data"]]


def test_defaults(http: httpx.Client, messages: str) -> None:
    page = http.get(messages).json()
    assert list(page) == ["object", "data", "first_id", "last_id", "has_more"]
    assert texts(page) == list(range(24, 4, -1))
    assert (page["first_id"], page["last_id"]) == (page["data"][0]["id"], page["data"][-1]["id"])
    assert page["has_more"] is True


def test_an_empty_list(http: httpx.Client) -> None:
    thread = http.post("/threads", json={}).json()["id"]
    for place in ("messages", "runs"):
        assert http.get(f"/threads/{thread}/{place}").json() == {
            "object": "list",
            "data": [],
            "first_id": None,
            "last_id": None,
            "has_more": False,
        }


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("limit", [1, 7, 25, 100])
def test_a_walk_in_each_direction(http: httpx.Client, messages: str, order: str, limit: int) -> None:
    everything = list(range(25)) if order == "asc" else list(range(24, -1, -1))
    walked: list[int] = []
    query: dict[str, Any] = {"order": order, "limit": limit}
    while True:
        page = http.get(messages, params=query).json()
        walked += texts(page)
        if not page["has_more"]:
            break
        assert len(page["data"]) == limit
        query["after"] = page["last_id"]
    assert walked == everything

    back: list[int] = [texts(page)[0]]
    query = {"order": order, "limit": limit, "before": page["data"][0]["id"]}
    while (page := http.get(messages, params=query).json())["data"]:
        back = texts(page) + back
        query["before"] = page["first_id"]
    assert back == everything[: len(back)]
    assert len(back) > 25 - limit


def test_between_two_cursors(http: httpx.Client, messages: str) -> None:
    page = http.get(messages, params={"order": "asc"}).json()
    ids = [message["id"] for message in page["data"]]
    between = http.get(messages, params={"order": "asc", "after": ids[2], "before": ids[6]}).json()
    assert texts(between) == [3, 4, 5]


def test_a_deleted_cursor_still_counts(http: httpx.Client) -> None:
    made = [http.post("/assistants", json={"model": "gpt-4o"}).json()["id"] for _ in range(4)]
    page = http.get("/assistants", params={"limit": 2}).json()
    assert [each["id"] for each in page["data"]] == [made[3], made[2]]
    http.delete(f"/assistants/{made[2]}")
    rest = http.get("/assistants", params={"limit": 2, "after": made[2]}).json()
    assert [each["id"] for each in rest["data"]] == [made[1], made[0]]


def test_an_unknown_cursor_is_refused(http: httpx.Client, messages: str) -> None:
    assert http.get(messages, params={"after": "msg_unknown"}).status_code == 404


def test_unknown_parameters_are_ignored(http: httpx.Client, messages: str) -> None:
    assert http.get(messages, params={"timeout": "120", "limit": "1"}).status_code == 200


@pytest.mark.parametrize(
    ("query", "param", "code"),
    [
        ({"limit": "0"}, "limit", "integer_below_min_value"),
        ({"limit": "101"}, "limit", "integer_above_max_value"),
        ({"limit": "-1"}, "limit", "integer_below_min_value"),
        ({"limit": "many"}, "limit", "invalid_type"),
        ({"limit": "1" + "0" * 30}, "limit", "integer_above_max_value"),
        ({"limit": "1.5"}, "limit", "invalid_type"),
        ({"order": "ASC"}, "order", "invalid_value"),
    ],
)
def test_bad_parameters(http: httpx.Client, messages: str, query: dict[str, str], param: str, code: str) -> None:
    refused = http.get(messages, params=query)
    assert refused.status_code == 400
    assert (refused.json()["error"]["param"], refused.json()["error"]["code"]) == (param, code)


def test_what_steps_may_include(http: httpx.Client) -> None:
    thread = http.post("/threads", json={}).json()["id"]
    steps = f"/threads/{thread}/runs/run_x/steps"
    allowed = "step_details.tool_calls[*].file_search.results[*].content"
    assert http.get(steps, params={"include[]": allowed}).status_code == 404
    refused = http.get(steps, params={"include[]": "everything"})
    assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid_value")
