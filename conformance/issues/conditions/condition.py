"""The condition on the wire under which an issue shows, and the correct server it is compared with."""

from dataclasses import dataclass, field

from conformance.issues.plan import Plan
from conformance.issues.server import MockServer
from conformance.reference.script import parse
from conformance.reference.settings import Settings


@dataclass(frozen=True)
class Condition:
    """What is planted in the server, on top of what is given in the control run too.

    `scripts` and `control_scripts` direct the model of the reference endpoint, run by run; `pace` is seconds between
    two statuses of a run in the planted server.
    """

    planted: Plan = field(default_factory=dict)
    given: Plan = field(default_factory=dict)
    scripts: tuple[str, ...] = ()
    control_scripts: tuple[str, ...] = ()
    pace: float = 0.004

    def server(self, *, planted: bool, port: int = 0) -> MockServer:
        """The server with the condition, or the correct one."""
        if planted:
            script = tuple(parse(directives) for directives in self.scripts)
            return MockServer({**self.planted, **self._rest()}, Settings(script=script, pace=self.pace), port=port)
        script = tuple(parse(directives) for directives in self.control_scripts)
        return MockServer(self.given, Settings(script=script), port=port)

    def _rest(self) -> Plan:
        return {pattern: answer for pattern, answer in self.given.items() if pattern not in self.planted}
