"""The scripted model: what it does when told nothing, and every way of telling it."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest

from conformance.reference.examples import example
from conformance.reference.script import FOREVER, BadScript, FunctionCall, Script, in_text, load, parse
from conformance.reference.scripted_model import pieces
from conformance.reference.server import ReferenceServer
from conformance.reference.settings import Settings
from tests.reference.conftest import HEADERS
from tests.reference.wait import settled

New = Callable[..., dict[str, Any]]
EXAMPLES = Path(__file__).resolve().parents[2] / "examples" / "scripts"


@pytest.mark.parametrize(
    ("directives", "script"),
    [
        ("", Script()),
        ("say: Hello: you", Script(say="Hello: you")),
        ("words:3; slow", Script(words=3, slow=FOREVER)),
        ("call; rounds:2", Script(call=(FunctionCall(),), rounds=2)),
        ("call:2", Script(call=(FunctionCall(), FunctionCall()))),
        ("queue:250", Script(queue=0.25)),
        ("fail", Script(fail="server_error")),
        ("fail:invalid_prompt", Script(fail="invalid_prompt")),
        ("words:3; error", Script(words=3, error=True)),
    ],
)
def test_directives(directives: str, script: Script) -> None:
    assert parse(directives) == script


@pytest.mark.parametrize("directives", ["dance", "words:many", "words", "fail:badly", "slow:-1", "rounds:9999999"])
def test_bad_directives(directives: str) -> None:
    with pytest.raises(BadScript):
        parse(directives)


def test_a_message_may_carry_directives() -> None:
    assert in_text("Please [script: words:2; slow] now") == Script(words=2, slow=FOREVER)
    assert in_text("no directive") is None
    assert in_text("[script: dance]") is None


def test_the_example_file() -> None:
    scripts = load(EXAMPLES / "weather.yaml")
    assert [bool(script.call) for script in scripts] == [True, False, False, False]
    assert scripts[1] == Script(fail="rate_limit_exceeded")
    assert scripts[2] == Script(words=200, slow=FOREVER)
    assert scripts[3] == Script()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("say: hello", "expected a list"),
        ("- [1]", "entry 1: expected directives, a mapping or null"),
        ("- say: x\n- dance: 1", "entry 2: 'dance' is no directive"),
        ("- call: [get]", "entry 1: each call is a mapping"),
        ("- [", "did not find expected node content at line 2"),
    ],
)
def test_bad_files(tmp_path: Path, text: str, words: str) -> None:
    file = tmp_path / "script.yaml"
    file.write_text(text)
    with pytest.raises(BadScript, match=words):
        load(file)


def test_pieces_are_the_text() -> None:
    for text in ("", " ", "Hello,  world! ", "naïve 日本茶 🥐👩‍🚀\n\tx", "a\u2028b"):
        assert "".join(pieces(text)) == text


def test_examples_follow_their_schema() -> None:
    schema = {
        "type": "object",
        "properties": {
            "city": {"type": "string"},
            "unit": {"enum": ["C", "F"]},
            "days": {"type": "integer", "minimum": 2},
            "share": {"type": "number", "maximum": 0.5},
            "tags": {"type": "array", "items": {"type": "string"}},
            "where": {"type": "object", "properties": {"x": {"type": ["null", "string"]}, "y": {"type": "boolean"}}},
            "unused": {"type": "string"},
        },
        "required": ["city", "unit", "days", "share", "tags", "where"],
    }
    assert example(schema) == {
        "city": "city",
        "unit": "C",
        "days": 2,
        "share": 0.5,
        "tags": ["tags"],
        "where": {"x": None, "y": True},
    }
    assert example({"anyOf": [{"const": 3}]}) == 3
    assert example({"properties": {"self": {"type": "array", "items": {"properties": 5}}}}) == {"self": [{}]}


@pytest.mark.parametrize(
    ("text", "format_", "said"),
    [
        ("Please count to 12.", "auto", " ".join(map(str, range(1, 13)))),
        ("Hi", {"type": "json_object"}, '{"answer"'),
        (
            "Hi",
            {"type": "json_schema", "json_schema": {"name": "n", "schema": {"properties": {"a": {"type": "integer"}}}}},
            '{"a": 1}',
        ),
        ("[script: say:As told]", "auto", "As told"),
    ],
)
def test_answers(http: httpx.Client, new: New, text: str, format_: Any, said: str) -> None:
    assistant = new("assistants", model="gpt-4o", response_format=format_)
    thread = {"messages": [{"role": "user", "content": text}]}
    run = settled(http, new("threads/runs", assistant_id=assistant["id"], thread=thread))
    (message,) = http.get(f"/threads/{run['thread_id']}/messages", params={"run_id": run["id"]}).json()["data"]
    assert message["content"][0]["text"]["value"].startswith(said)


@pytest.mark.parametrize(
    ("choice", "text", "called"),
    [
        ("auto", "Hello", []),
        ("auto", "Use get_time please", ["get_time"]),
        ("none", "Use get_time please", []),
        ("required", "Hello", ["get_day"]),
        ({"type": "function", "function": {"name": "get_time"}}, "Hello", ["get_time"]),
    ],
)
def test_which_function_is_called(http: httpx.Client, new: New, choice: Any, text: str, called: list[str]) -> None:
    tools = [{"type": "function", "function": {"name": name}} for name in ("get_day", "get_time")]
    assistant = new("assistants", model="gpt-4o", tools=tools)
    thread = {"messages": [{"role": "user", "content": text}]}
    run = settled(http, new("threads/runs", assistant_id=assistant["id"], thread=thread, tool_choice=choice))
    calls = (run["required_action"] or {"submit_tool_outputs": {"tool_calls": []}})["submit_tool_outputs"]["tool_calls"]
    assert [call["function"]["name"] for call in calls] == called


def test_a_script_file_tells_one_run_after_the_other() -> None:
    told = (Script(say="First."), Script(fail="rate_limit_exceeded"))
    with (
        ReferenceServer(Settings(script=told, pace=0.001)) as server,
        httpx.Client(base_url=server.url, headers=HEADERS, trust_env=False) as http,
    ):
        assistant = http.post("/assistants", json={"model": "gpt-4o", "instructions": "x"}).json()["id"]
        ends = [
            settled(http, http.post("/threads/runs", json={"assistant_id": assistant}).json())["status"]
            for _ in range(3)
        ]
    assert ends == ["completed", "failed", "completed"]


def test_a_bad_directive_is_refused(http: httpx.Client, new: New) -> None:
    assistant = new("assistants", model="gpt-4o", instructions="x")["id"]
    refused = http.post("/threads/runs", json={"assistant_id": assistant, "metadata": {"script": "dance"}})
    assert refused.status_code == 400
    assert refused.json()["error"]["param"] == "metadata.script"
