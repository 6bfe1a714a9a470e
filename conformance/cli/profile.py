"""`profile`: how an endpoint is spoken to, in a file."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from conformance.cli import options
from conformance.cli.groups import Group

if TYPE_CHECKING:
    from conformance.session.probe import Probe


@click.group(cls=Group)
def profile() -> None:
    """Profiles: how an endpoint is spoken to, in a file that can be written by asking it."""


@profile.command()
@click.argument("url", help="The endpoint, such as http://127.0.0.1:8000/v1.")
@click.option(
    "--file", type=options.A_PATH, default=Path("profile.toml"), metavar="FILE", show_default=True, help="The profile."
)
@click.option("--force", is_flag=True, help="Replace a file that is there.")
@options.model
@options.api_key_env
@options.timeout("Longest wait in seconds: for one answer, and for one run to end.")
def new(url: str, file: Path, force: bool, model: str | None, api_key_env: str | None, timeout: float) -> None:
    """Ask an endpoint how it wants to be spoken to and what it can be told to do, and write that with comments.

    Found out are the path of the API, how the key is sent, a model that completes a run, and what makes it call a
    function, take long, follow a script or move its clock. What is made for that is deleted.
    """
    from dataclasses import replace

    from conformance.cli.exit import ExitCode, refuse
    from conformance.client.target import WrongTarget, is_url, load_profile, resolve
    from conformance.evidence.safe_files import NotWritten, write_files
    from conformance.report.plain import shown
    from conformance.session.probe import NoProfile, probe

    if file.suffix != ".toml":
        refuse(f"{file}: a profile file ends in .toml")
    if file.exists() and not force:
        refuse(f"{file} is there already; --force replaces it")
    try:
        target = resolve(url, model=model, api_key_env=api_key_env, timeout=timeout)
        if not is_url(url):
            refuse(f"{url} is a profile already; name a URL")
        found = probe(target, lambda text: click.echo(shown(text)))
        variable = api_key_env or found.profile.api_key_env
        found = replace(found, profile=replace(found.profile, api_key_env=variable))
        write_files({file: text_of(found)}, target.secrets)
        load_profile(f"./{file}" if file.parent == Path() else str(file))
    except NoProfile as problem:
        refuse(str(problem), ExitCode.UNREACHABLE)
    except (WrongTarget, NotWritten) as problem:
        refuse(str(problem))
    click.echo(f"written to {file}: look through it, then type")
    click.echo(f"  assistants-conformance run {file if file.parent != Path() else f'./{file}'}")


def text_of(found: Probe) -> str:
    """The profile as TOML, with a comment on each key: what it means and takes, and what was found."""
    from conformance.client.profile_keys import KEYS, PROMPTS
    from conformance.report.plain import shown

    values = {
        "about": f"The endpoint at {found.profile.url}.",
        **{name: getattr(found.profile, name) for name in KEYS if name not in ("about", "embedded", "prompts")},
    }
    lines = []
    for name, value in values.items():
        key = KEYS[name]
        lines += ["", f"# {name}: {key.about}; it takes {key.takes}"]
        if note := found.notes.get(name):
            lines.append(f"# here: {shown(note)}")
        lines.append(_line(name, sorted(value) if isinstance(value, frozenset) else value))
    lines += ["", "[prompts]", f"# {KEYS['prompts'].about}"]
    for name in PROMPTS:
        lines += ["", f"# {name}: {shown(found.notes.get(name, 'not looked for'))}"]
        lines.append(_line(name, found.profile.prompts.get(name)))
    return "\n".join(lines[1:]) + "\n"


def _line(name: str, value: Any) -> str:
    """A key with its value on one line; as a comment where there is none."""
    import tomli_w

    if value is None:
        return f'# {name} = "…"'
    if isinstance(value, dict):
        return f"{name} = {{ {', '.join(_line(*item) for item in value.items())} }}" if value else f"# {name} = {{}}"
    return (
        " ".join(tomli_w.dumps({name: value}).split())
        if isinstance(value, list)
        else tomli_w.dumps({name: value}).strip()
    )
