"""What may be shown of a judged trace: exchanges and findings without secrets, also where a long text was cut.

A finding quotes what came over the wire, and cuts it where it is long. A secret that is cut is hard to recognise, so
the words of findings are taken from the same trace judged once more after its secrets have been replaced. Which
findings there are is told by the trace as it was: a replacement could make lengths and comparisons wrong.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from conformance import contract
from conformance.checks import Finding
from conformance.checks.judge import judge
from conformance.evidence.redaction import redact_exchange, same_but_credentials
from conformance.evidence.secrets import WITHHELD, safe_text
from conformance.trace.exchange import Exchange
from conformance.trace.trace import Trace

LARGEST_SHOWN = 2**20
"""Bytes of a body up to which it is redacted as a whole before an excerpt of it is made."""


class Showable:
    """A trace of which parts are shown. Its exchanges without secrets are made when they are asked for."""

    def __init__(self, trace: Trace, known: tuple[str, ...]) -> None:
        self.trace = trace
        self.known = known
        self._clean: dict[int, Exchange] = {}

    def around(self, number: int) -> Trace:
        """The exchange and its neighbours. A secret that a stream brings piece by piece is gone from them too."""
        exchanges = self.trace.exchanges
        position = next((i for i, exchange in enumerate(exchanges) if exchange.number == number), 0)
        near = exchanges[max(0, position - 1) : position + 2]
        return replace(self.trace, exchanges=tuple(map(self._without_secrets, near)))

    def told(self, findings: Iterable[Finding]) -> list[Finding]:
        """The findings in their order, places and words without secrets.

        One that the trace without secrets does not show is told by its place only.
        """
        findings = list(findings)
        wording = self._wording() if findings else None
        told = []
        for finding in findings:
            clean = self._safe(finding)
            if wording is not None:
                words = wording[clean.requirement, clean.where.exchange, clean.where.event, clean.where.pointer]
                clean = words.pop(0) if words else replace(clean, expected=WITHHELD, actual=WITHHELD)
            told.append(clean)
        return told

    def _wording(self) -> dict[tuple[str, int, int | None, str], list[Finding]] | None:
        """The findings of the trace without secrets by their places; None where there are none in it."""
        exchanges = self.trace.exchanges
        clean = tuple(map(self._without_secrets, exchanges))
        if all(map(same_but_credentials, exchanges, clean)):
            return None
        wording = defaultdict(list)
        for finding in judge(replace(self.trace, exchanges=clean), contract.load()).findings:
            safe = self._safe(finding)
            wording[safe.requirement, safe.where.exchange, safe.where.event, safe.where.pointer].append(safe)
        return wording

    def _safe(self, finding: Finding) -> Finding:
        return Finding(
            finding.requirement,
            finding.where._replace(pointer=safe_text(finding.where.pointer, self.known)),
            safe_text(finding.expected, self.known),
            safe_text(finding.actual, self.known),
        )

    def _without_secrets(self, exchange: Exchange) -> Exchange:
        if exchange.response is not None and len(exchange.response.body) > LARGEST_SHOWN:
            return exchange  # only a few lines of it are shown, and each of them is looked through
        if exchange.number not in self._clean:
            self._clean[exchange.number] = redact_exchange(exchange, self.known)
        return self._clean[exchange.number]
