"""Where a failure or a report sends its reader for all that is known of a requirement."""

from functools import cache

PACKAGE = "assistants-conformance"


def reference(requirement: str) -> str:
    """The address of the page of requirements, with the anchor of this one; a command where the package names none.

    Reports leave the checkout they were made in, so that a path would lead nowhere.
    """
    base = _base()
    return f"{base}/requirements.html#{requirement.lower()}" if base else f"{PACKAGE} explain {requirement}"


@cache
def _base() -> str:
    """Where the package says that its documentation is; empty where it does not."""
    from importlib.metadata import PackageNotFoundError, metadata

    try:
        addresses = metadata(PACKAGE).get_all("Project-URL") or ()
    except PackageNotFoundError:
        addresses = ()
    named: dict[str, str] = dict(address.split(", ", 1) for address in addresses)
    return named.get("Documentation", "").rstrip("/")
