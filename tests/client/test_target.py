"""What a name on the command line means, and what is told where it means nothing."""

from pathlib import Path

import pytest

from conformance.client.target import PLACEHOLDER_KEY, WrongTarget, load_profile, profile_names, resolve


def test_a_url_gets_the_generic_profile(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    target = resolve("http://127.0.0.1:8000/v1/")
    assert target.url == "http://127.0.0.1:8000/v1"
    assert target.base_path == "/v1"
    assert target.profile.name == "generic"
    assert target.headers() == {"Authorization": f"Bearer {PLACEHOLDER_KEY}"}


def test_the_key_comes_from_the_environment_and_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "very-secret")
    target = resolve("http://127.0.0.1:8000/openai", profile="azure", api_key_env="MY_KEY")
    assert target.headers() == {"api-key": "very-secret"}
    assert "very-secret" not in repr(target)


@pytest.mark.parametrize(
    "words",
    [
        "http://127.0.0.1:8000/v1",
        "reference",
        "reference --model my-model",
        "http://127.0.0.1:8000/v1 --profile reference",
        "http://127.0.0.1:8000/openai --profile azure --model m --api-key-env MY_KEY",
    ],
)
def test_a_command_line_can_be_told_from_the_target(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MY_KEY", "very-secret")
    name, *rest = words.split()
    options = {
        option.removeprefix("--").replace("-", "_"): value for option, value in zip(rest[::2], rest[1::2], strict=True)
    }
    assert " ".join(resolve(name, **options).words) == words


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("ftp://127.0.0.1/v1", "is not an http or https URL"),
        ("http:///v1", "is not an http or https URL"),
        ("http://me:pw@127.0.0.1/v1", "holds a user name or password"),
        ("http://127.0.0.1/v1?key=1", "has a query or fragment"),
        ("http://h/v1/assistants", "is an operation; name the API's base: http://h/v1"),
        ("referenz", "there is no profile 'referenz'; choose one of azure, generic, openai, reference, or a .toml"),
        ("./mine.toml", "no profile file ./mine.toml; write one with: .* profile new URL --file ./mine.toml"),
        ("127.0.0.1:8711/v1", "has no scheme; write http://127.0.0.1:8711/v1"),
        ("127.0.0.1:8711", "has no scheme; write http://127.0.0.1:8711"),
        ("localhost/v1", "has no scheme; write http://localhost/v1"),
        ("emulator:80/v1", "has no scheme; write http://emulator:80/v1"),
        ("api.example.com", "has no scheme; write http://api.example.com"),
        ("generic", "has no URL of its own; write run URL --profile generic"),
    ],
)
def test_wrong_names_are_told_with_what_to_write(name: str, told: str) -> None:
    with pytest.raises(WrongTarget, match=told.replace("?", r"\?")):
        resolve(name)


def test_a_url_is_no_profile() -> None:
    with pytest.raises(WrongTarget, match="--profile http://h/v1 is a URL; name it as the target: run http://h/v1"):
        resolve("http://127.0.0.1:8000/v1", profile="http://h/v1")


def test_a_file_beside_is_hinted_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.toml").write_text("")
    with pytest.raises(WrongTarget, match=r"for the file of that name write \./mine\.toml"):
        load_profile("mine")
    assert load_profile("./mine.toml").name == load_profile("mine.toml").name == "mine"


def test_an_unset_key_variable_is_told() -> None:
    with pytest.raises(WrongTarget, match="NO_SUCH_VARIABLE named by --api-key-env is unset"):
        resolve("http://127.0.0.1:8000/v1", api_key_env="NO_SUCH_VARIABLE")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('colour = "red"', "unknown key colour; known are about, url, embedded"),
        ("poll_second = 1", "unknown key poll_second; did you mean poll_seconds\\?"),
        ('auth = "magic"', 'auth = \'magic\'; it takes "bearer" or "api-key" or "none"'),
        ("auth = ['none']", 'it takes "bearer"'),
        ("poll_seconds = '1'", "poll_seconds = '1'; it takes a number above 0, at most 60"),
        ("poll_seconds = 0", "it takes a number above 0"),
        ("poll_seconds = nan", "it takes a number above 0"),
        ("poll_seconds = true", "it takes a number above 0"),
        ("capabilities = ['time']", "it takes a list of 'script' and 'clock'"),
        ("capabilities = 'clock'", "it takes a list"),
        ("query = ['a']", "it takes a table of texts"),
        ("model = 4", "model = 4; it takes a text"),
        ("embedded = 1", "it takes true or false"),
        ("= nonsense", "cannot be read"),
        ("[prompts]\ncolour = 'red'", r"it takes a table \[prompts\] of texts, of tool, fail, slow"),
        ("[prompts]\ntool = 7", "it takes a table"),
        ("prompts = 'x'", "it takes a table"),
    ],
)
def test_a_wrong_profile_file_is_told(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "mine.toml").write_text(text)
    with pytest.raises(WrongTarget, match=told):
        load_profile(str(tmp_path / "mine.toml"))


def test_every_profile_that_ships_can_be_read() -> None:
    assert profile_names() == ["azure", "generic", "openai", "reference"]
    for name in profile_names():
        assert load_profile(name).about
