"""Which known issues of official SDKs hang on a requirement, as the catalogue says."""

from functools import cache

from conformance.contract import resources
from conformance.contract.yaml_files import load_yaml


@cache
def issues_by_requirement() -> dict[str, tuple[str, ...]]:
    """The keys of the known issues that a violation of each requirement brings about."""
    found: dict[str, list[str]] = {}
    for issue in load_yaml(resources.specs() / "known_issues.yaml")["issues"]:
        for requirement in issue.get("requirements", ()):
            found.setdefault(requirement, []).append(issue["key"])
    return {requirement: tuple(keys) for requirement, keys in found.items()}
