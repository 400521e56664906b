"""What a region's east-west gateway offers to the others, against the service graph."""

from collections.abc import Iterator, Sequence
from typing import Final

from meshfed.rules.istio.objects import API_GATEWAY, GATEWAY
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters
from meshfed.topology.plan import Plan

_LISTENER_SETS: Final = ("gateway.networking.k8s.io/ListenerSet", "gateway.networking.x-k8s.io/XListenerSet")


def _exports_are_called_for(plan: Plan, stacks: Sequence[Stack], _: GateParameters) -> Iterator[Finding]:
    called = _called_services(plan)
    for stack in stacks:
        for gateway in stack.of(GATEWAY):
            servers = [one for one in gateway.props["spec"]["servers"].items() if _passes_through(one)]
            for server in servers:
                yield from each(server["hosts"].items(), lambda host: _is_called(host, called))
        for gateway in stack.of(API_GATEWAY, *_LISTENER_SETS):
            listeners = [one for one in gateway.props["spec"]["listeners"].items() if _is_passed_through(one)]
            yield from each(listeners, lambda one: _is_called(one["hostname"], called))


def _passes_through(server: Node) -> bool:
    return server["tls"]["mode"].text() == "AUTO_PASSTHROUGH"


def _is_passed_through(listener: Node) -> bool:
    return listener["tls"]["mode"].text().lower() == "passthrough"


def _is_called(host: Node, called: frozenset[str]) -> Iterator[Finding]:
    name = host.text().rpartition("/")[2]
    # A wildcard is for MF-I29, which knows no graph.
    if "*" not in name and not name.startswith(tuple(f"{service}." for service in called)):
        yield host.wrong("is offered to other regions, and the service graph has no call to it")


def _called_services(plan: Plan) -> frozenset[str]:
    """`name.namespace` of every service that some other service calls."""
    graph = plan.federation.services
    callees = {call.callee for call in graph.calls}
    return frozenset(f"{name}.{one.namespace}" for name, one in graph.services.items() if name in callees)


RULES: Final = (
    Rule(
        id="MF-F3",
        title="A region exports what the service graph calls, and nothing else",
        why="Every exported host is one that a stolen identity of another region can reach.",
        mend="Take the host out of the gateway, or declare the call in the settings' services.",
        packs=(Pack.FEDERATION,),
        plan_checks=(_exports_are_called_for,),
        controls=("NIST SP 800-207 tenet 3", "NIST SP 800-53 AC-4", "NIST SP 800-53 CM-7"),
        weaker="Hosts with wildcards are for MF-I29. A host is matched by service and namespace, not by its ending.",
    ),
)
