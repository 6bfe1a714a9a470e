"""HTML files that need nothing else: no script, no font, no address, as their own policy demands."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING, Any

from conformance.report.plain import visible

if TYPE_CHECKING:
    from jinja2 import Environment


def render(template: str, **values: Any) -> str:
    """The page of a template; every text that is put into it is escaped."""
    return _environment().get_template(template).render(values)


@cache
def _environment() -> Environment:
    from jinja2 import Environment, PackageLoader, StrictUndefined

    loader = PackageLoader("conformance.report")
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    style, _, _ = loader.get_source(environment, "page.css")
    environment.filters["visible"] = visible
    environment.globals.update(
        style=style, style_hash=base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    )
    return environment
