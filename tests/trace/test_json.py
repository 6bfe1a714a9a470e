import pytest

from conformance.trace.json import format_value, is_integer, json_equal, mapping, sequence, text


@pytest.mark.parametrize("value", [None, 1, True, "x", 1.5])
def test_what_is_no_container_reads_as_an_empty_one(value: object) -> None:
    assert mapping(value) == {}
    assert sequence(value) == []


def test_containers_and_texts_read_as_themselves() -> None:
    assert mapping({"a": 1}) == {"a": 1}
    assert sequence([1]) == [1]
    assert (text("x"), text(1)) == ("x", None)


def test_booleans_are_no_integers() -> None:
    assert [is_integer(value) for value in (1, 0, 2**70, True, 1.0, "1", None)] == [True, True, True] + [False] * 4


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        ({"a": 1, "b": [1, 2]}, {"b": [1, 2], "a": 1}, True),
        ([1, 2], [2, 1], False),
        (True, 1, False),
        ({"a": True}, {"a": 1}, False),
        (1, 1.0, True),
        (None, False, False),
        ({"a": 1}, {"a": 1, "b": None}, False),
        ("x", ["x"], False),
    ],
)
def test_sameness_is_that_of_json(one: object, other: object, equal: bool) -> None:
    assert json_equal(one, other) is equal
    assert json_equal(other, one) is equal


def test_what_is_nested_too_deeply_passes_as_the_same() -> None:
    deep: list[object] = []
    for _ in range(100_000):
        deep = [deep]
    other: list[object] = [1]
    for _ in range(100_000):
        other = [other]
    assert json_equal(deep, other)


@pytest.mark.parametrize(
    ("value", "line"),
    [
        (None, "null"),
        (True, "true"),
        ('a "b"\n', '"a \\"b\\"\\n"'),
        ({"a": 1}, '{"a":1}'),
        ({"a": "x" * 100, "b": 1}, "an object with 'a', 'b'"),
        ({str(n): n for n in range(20)}, "an object of 20 members"),
        ([1, 2], "[1,2]"),
        (["x" * 100], "an array of 1"),
        ([1] * 20, "an array of 20"),
        ({"a": 2**70}, "an object with 'a'"),
        (2**70, "a number beyond 64 bits"),
        ("x" * 200, '"' + "x" * 80 + '…"'),
    ],
)
def test_values_are_shown_in_one_line(value: object, line: str) -> None:
    assert format_value(value) == line


def test_lone_surrogates_are_shown() -> None:
    assert format_value("\ud800") == "'\\ud800'"
