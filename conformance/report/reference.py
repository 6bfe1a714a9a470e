"""Where the page of all requirements is, which failures and reports refer to."""

from functools import cache

PACKAGE = "assistants-conformance"


def reference(requirement: str) -> str:
    """Where everything about a requirement stands: the page of requirements, with the anchor of this one."""
    return f"{_page()}#{requirement.lower()}"


@cache
def _page() -> str:
    """An address where the package says that it has documentation, else the page's place in a checkout."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        addresses = metadata(PACKAGE).get_all("Project-URL") or ()
    except PackageNotFoundError:
        addresses = ()
    named = dict(address.split(", ", 1) for address in addresses)
    base = named.get("Documentation", "").rstrip("/")
    return f"{base}/requirements.html" if base else "docs/requirements.md"
