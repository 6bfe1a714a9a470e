import pytest
from hypothesis import given
from hypothesis import strategies as st

from conformance.trace.exchange import Headers, Request
from conformance.trace.form import Part, form_value, is_form, read_form


def request(body: bytes, content_type: str = "multipart/form-data; boundary=fence") -> Request:
    return Request("POST", "https://endpoint.test/v1/files", Headers((("Content-Type", content_type),)), body)


WHOLE = (
    b"--fence\r\n"
    b'Content-Disposition: form-data; name="file"; filename="a \\"b\\".txt"\r\n'
    b"Content-Type: \r\nContent-Transfer-Encoding: binary\r\n\r\n"
    b"one\r\ntwo\r\n"
    b'--fence\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nassistants\r\n'
    b'--fence\r\nContent-Disposition: form-data; name="expires_after[seconds]"\r\n\r\n3600\r\n'
    b"--fence--\r\n"
)


def test_the_parts_of_a_form_are_read_in_order() -> None:
    parts = read_form(request(WHOLE))
    assert parts == (
        Part("file", b"one\r\ntwo", 'a "b".txt'),
        Part("purpose", b"assistants"),
        Part("expires_after[seconds]", b"3600"),
    )
    assert parts is not None
    assert form_value(parts) == {"file": 'a "b".txt', "purpose": "assistants", "expires_after": {"seconds": 3600}}


@pytest.mark.parametrize(
    "content_type",
    [
        "multipart/form-data; boundary=fence",
        'Multipart/Form-Data;charset=utf-8;boundary="fence"',
        "multipart/form-data;  boundary=fence ",
    ],
)
def test_the_boundary_is_found_however_it_is_written(content_type: str) -> None:
    assert len(read_form(request(WHOLE, content_type)) or ()) == 3


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ('filename="ä.txt"', "ä.txt"),
        ("filename=plain.txt", "plain.txt"),
        ("filename=\"x\"; filename*=UTF-8''%C3%A4.txt", "ä.txt"),
        ('filename=""', ""),
    ],
)
def test_file_names_are_read(written: str, name: str) -> None:
    body = f'--fence\r\nContent-Disposition: form-data; name="file"; {written}\r\n\r\nx\r\n--fence--\r\n'
    parts = read_form(request(body.encode()))
    assert parts is not None
    assert parts[0].filename == name


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"", "multipart/form-data; boundary=fence"),
        (WHOLE, "multipart/form-data"),
        (WHOLE, "application/json"),
        (WHOLE, "multipart/form-data; boundary=other"),
        (WHOLE[:-12], "multipart/form-data; boundary=fence"),
        (b"--fence\r\n\r\n\r\nx\r\n--fence--", "multipart/form-data; boundary=fence"),
        (b"--fence\r\nContent-Disposition: form-data\r\n\r\nx\r\n--fence--", "multipart/form-data; boundary=fence"),
    ],
)
def test_what_is_no_whole_form_has_no_parts(body: bytes, content_type: str) -> None:
    assert read_form(request(body, content_type)) is None


def test_an_empty_form_has_no_parts_and_is_one() -> None:
    assert read_form(request(b"--fence--\r\n")) == ()
    assert is_form(request(b""))


def test_numbers_beyond_all_bounds_stay_text() -> None:
    assert form_value((Part("a", b"9" * 40), Part("b[c]", b"-1"), Part("d", b"7", "7"))) == {
        "a": "9" * 40,
        "b": {"c": -1},
        "d": "7",
    }


def test_a_member_of_what_is_no_object_is_left_out() -> None:
    assert form_value((Part("a", b"x"), Part("a[b]", b"y"))) == {"a": "x"}


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_bytes_make_it_raise(body: bytes, content_type: str) -> None:
    read_form(request(body, content_type))
    parts = read_form(request(b"--fence\r\n" + body + b"\r\n--fence--", "multipart/form-data; boundary=fence"))
    if parts is not None:
        form_value(parts)
