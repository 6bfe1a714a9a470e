"""JSON pointers as RFC 6901 has them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.contract.json_pointer import child, join, resolve, split

DOCUMENT = {"foo": ["bar", "baz"], "": 0, "a/b": 1, "c%d": 2, "m~n": 8, "deep": {"": [{"x": None}]}}


@pytest.mark.parametrize(
    ("pointer", "value"),
    [("", DOCUMENT), ("/foo", ["bar", "baz"]), ("/foo/1", "baz"), ("/", 0), ("/a~1b", 1), ("/c%d", 2), ("/m~0n", 8)],
)
def test_the_examples_of_the_standard(pointer: str, value: object) -> None:
    assert resolve(DOCUMENT, pointer) == value


@pytest.mark.parametrize("pointer", ["/no", "/foo/2", "/foo/-1", "/foo/x", "/foo/\uff11", "/foo/1/0", "/deep//0/y"])
def test_what_leads_nowhere_is_missing(pointer: str) -> None:
    assert resolve(DOCUMENT, pointer, "missing") == "missing"


def test_null_is_not_missing() -> None:
    assert resolve(DOCUMENT, "/deep//0/x", "missing") is None
    assert child({"x": None}, "x") == (True, None)


@given(st.lists(st.text(st.sampled_from("a/~01é "), max_size=5)))
def test_joined_steps_are_taken_apart_again(tokens: list[str]) -> None:
    assert split(join(tokens)) == tuple(tokens)
