"""Settings of a project: `[tool.assistants-conformance]` of the nearest pyproject.toml stands in for options.

Its keys are the options of `run` without their dashes. The other commands that take settings use those that mean the
same to them. What the command line says goes first. Paths are relative to the file.
"""

import json
import os
from collections.abc import Callable
from difflib import get_close_matches
from pathlib import Path
from typing import Any

import click
from click.core import ParameterSource

TOOL = "assistants-conformance"
ONCE = ("failed", "plan", "resume", "shard")
"""Options of `run` that are meant for one time."""
SHARED = ("profile", "model", "api_key_env", "timeout", "report", "show", "baseline", "strict", "markdown", "badge")
"""What means the same to every command that has it."""
CONFIGURED = ("run", "audit", "fuzz", "clean")
"""The commands that take settings."""
_PATHS = ("record", "report", "baseline", "markdown", "badge")
_TAKES: tuple[tuple[type, Any, str], ...] = (
    (click.types.IntParamType, int, "a whole number"),
    (click.types.FloatParamType, (int, float), "a number"),
)
_FILE = "conformance.settings_file"


class Configured(click.Command):
    """A command that takes settings from the project, and tells what it goes by; `run` loads that command."""

    def __init__(self, *args: Any, run: Callable[[], click.Command], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self.run = run
        self.params += [
            click.Option(
                ["--config/--no-config"],
                is_eager=True,
                default=True,
                expose_value=False,
                callback=_read,
                help=f"Take settings from [tool.{TOOL}] in pyproject.toml (the default).",
            ),
            click.Option(
                ["--show-config"], is_flag=True, expose_value=False, callback=_show, help="Tell all settings, and stop."
            ),
        ]

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command, or tell what it would go by."""
        if not ctx.meta.get(f"{_FILE}.show"):
            return super().invoke(ctx)
        for line in told(ctx):
            click.echo(line)
        return None


def _show(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    ctx.meta[f"{_FILE}.show"] = value


def _read(ctx: click.Context, param: click.Parameter, value: bool) -> None:
    """Let settings be the defaults of the options that are read after this one."""
    path = nearest(Path.cwd()) if value else None
    if path is None:
        return
    ctx.meta[_FILE] = path
    assert isinstance(ctx.command, Configured)
    own = {param.name for param in ctx.command.params}
    own = own if ctx.command.name == "run" else own.intersection(SHARED)
    ctx.default_map = {name: value for name, value in load(path, ctx.command.run()).items() if name in own}


def nearest(folder: Path) -> Path | None:
    """The pyproject.toml of a folder or of the nearest one above it that has one; None where that has no settings."""
    path = next((one for place in (folder, *folder.parents) if (one := place / "pyproject.toml").is_file()), None)
    return path if path is not None and _table(path) else None


def load(path: Path, run: click.Command) -> dict[str, Any]:
    """The settings of a file by the names of the parameters of `run`, checked.

    Raises `click.UsageError` with key and allowed values.
    """
    params = {param.name: param for param in run.params if param.name and param.expose_value}
    allowed = {name.replace("_", "-"): params[name] for name in params if name not in ONCE}
    settings = {}
    for key, value in _table(path).items():
        if key not in allowed:
            near = get_close_matches(key, allowed, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            _refuse(path, f"unknown key {key}; {hint}known are {', '.join(sorted(allowed))}")
        name = key.replace("-", "_")
        settings[name] = _checked(path, key, value, allowed[key])
        if name in _PATHS or (name == "profile" and _is_file(value)):
            settings[name] = os.path.relpath(path.parent / value)
    return settings


def _table(path: Path) -> dict[str, Any]:
    import tomllib

    try:
        table = tomllib.loads(path.read_text(encoding="utf-8")).get("tool", {}).get(TOOL, {})
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError, AttributeError) as problem:
        raise click.UsageError(f"{path} cannot be read: {problem}; --no-config leaves it alone") from None
    if not isinstance(table, dict):
        _refuse(path, f"tool.{TOOL} is no table")
    return dict(table)


def _checked(path: Path, key: str, value: Any, param: click.Parameter) -> Any:
    """The value, if the option would take it."""
    if isinstance(param, click.Option) and param.is_flag:
        if not isinstance(value, bool):
            _refuse(path, f"{key} = {value!r}; it takes true or false")
        return value
    if param.multiple if isinstance(param, click.Option) else False:
        values = [value] if isinstance(value, str) else value
        if not isinstance(values, list) or not all(isinstance(one, str) for one in values):
            _refuse(path, f"{key} = {value!r}; it takes a list of texts")
        return values
    kinds, takes = next((rest for kind, *rest in _TAKES if isinstance(param.type, kind)), (str, "a text"))
    if isinstance(value, bool) or not isinstance(value, kinds):
        _refuse(path, f"{key} = {value!r}; it takes {takes}")
    try:
        param.type.convert(value, param, None)
    except click.BadParameter as problem:
        _refuse(path, f"{key}: {problem.message}")
    return value


def _is_file(profile: str) -> bool:
    from conformance.client.profile_keys import is_file

    return is_file(profile)


def _refuse(path: Path, what: str) -> None:
    raise click.UsageError(f"{path}, [tool.{TOOL}]: {what}")


def told(ctx: click.Context) -> list[str]:
    """Every setting of a command as TOML, with where it comes from."""
    path = ctx.meta.get(_FILE)
    rows = []
    for param in ctx.command.params:
        if param.expose_value and param.name and (ctx.command.name != "run" or param.name not in ONCE):
            value = ctx.params[param.name]
            key = param.name.replace("_", "-")
            empty = value is None or value == ()
            rows.append((f"# {key}" if empty else f"{key} = {_toml(value)}", _source(ctx, param.name, path, empty)))
    width = min(max(len(row[0]) for row in rows), 60)
    return [f"[tool.{TOOL}]", *(f"{row:<{width}}  # {whence}" for row, whence in rows), *_profile(ctx.params)]


def _source(ctx: click.Context, name: str, path: Path | None, empty: bool) -> str:
    match ctx.get_parameter_source(name):
        case ParameterSource.DEFAULT_MAP:
            return str(path)
        case ParameterSource.COMMANDLINE:
            return "command line"
        case _:
            return "not set" if empty else "default"


def _toml(value: Any) -> str:
    if isinstance(value, (tuple, list)):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value if isinstance(value, (bool, int, float)) else str(value), ensure_ascii=False)


def _profile(params: dict[str, Any]) -> list[str]:
    """What the profile adds, as comments; none where the command drives no endpoint."""
    from conformance.cli.exit import refuse
    from conformance.client.target import WrongTarget, resolve

    if not params.get("target"):
        return []
    given = {name: params.get(name) for name in ("profile", "model", "api_key_env")}
    try:
        target = resolve(params["target"], timeout=params["timeout"], **given)
    except WrongTarget as problem:
        refuse(str(problem))
    chosen = target.profile
    variable = params["api_key_env"] or chosen.api_key_env
    key = f"from {variable}, which is {'set' if os.environ.get(variable) else 'not set'}" if variable else "none"
    rows = {
        "profile": chosen.name,
        "url": target.url or "started for the run",
        "auth": chosen.auth,
        "key": "none" if chosen.auth == "none" else key,
        "model": chosen.model,
        "query": "&".join(f"{name}={value}" for name, value in chosen.query.items()) or "none",
        "can be told to": ", ".join(sorted({*chosen.capabilities, *chosen.prompts})) or "nothing beyond the API",
        "looks at a run every": f"{chosen.poll_seconds:g} s",
    }
    return ["", *(f"# {name}: {value}" for name, value in rows.items())]
