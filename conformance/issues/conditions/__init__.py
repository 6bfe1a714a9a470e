"""The condition of every issue that can be shown, by key."""

from conformance.issues.conditions import files, requests, runs, streams
from conformance.issues.conditions.condition import Condition

CONDITIONS: dict[str, Condition] = {**runs.CONDITIONS, **files.CONDITIONS, **streams.CONDITIONS, **requests.CONDITIONS}
