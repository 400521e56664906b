"""Records of Route 53: names that must follow the health of what they name."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

RECORD: Final = "aws:route53/record:Record"


def _follows_health(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    props = resource.props
    policy = _choice(props)
    check = props["healthCheckId"]
    if policy is None or not check.is_absent:
        return
    aliases = props["aliases"].items()
    if not aliases:
        yield policy.wrong("the name keeps a place that is down: it has no healthCheckId")
    yield from each(aliases, _alias_follows_health)


def _alias_follows_health(alias: Node) -> Iterator[Finding]:
    evaluates = alias["evaluateTargetHealth"]
    if not evaluates.flag():
        yield evaluates.wrong("the name keeps a place that is down: no healthCheckId, and the target is not asked")


def _each_follows_health(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["resourceRecordSets"].items(), _set_follows_health)


def _set_follows_health(record: Node) -> Iterator[Finding]:
    failover = record["failover"]
    is_chosen = not record["region"].is_absent or failover.text("SECONDARY").strip().upper() != "SECONDARY"
    if is_chosen and record["healthCheckId"].is_absent and not record["aliasTarget"]["evaluateTargetHealth"].flag():
        yield record.wrong("the name keeps a place that is down: no healthCheckId, and no target is asked")


def _choice(props: Node) -> Node | None:
    """The policy by which one of several places is chosen; the last resort needs no health."""
    if not props["latencyRoutingPolicies"].is_absent:
        return props["latencyRoutingPolicies"]
    for failover in props["failoverRoutingPolicies"].items():
        if failover["type"].text().strip().upper() != "SECONDARY":
            return failover
    return None


def _alias_has_a_target(resource: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(resource.props["aliases"].items(), _is_no_website)


def _is_no_website(alias: Node) -> Iterator[Finding]:
    if "s3-website" in alias["name"].text().lower():
        yield alias["name"].wrong("whoever makes a bucket of that name after it is gone answers for the record")


RULES: Final = (
    Rule(
        id="MF-A22",
        title="A name that chooses among places follows their health",
        why="In a cut every resolver keeps sending callers to a region that is gone; a name that points to what no"
        " longer stands is answered by whoever takes its place.",
        mend="Write healthCheckId, or an alias with evaluateTargetHealth: true; point aliases at distributions and load"
        " balancers, never at a bucket's website.",
        packs=(Pack.CLOUD_BASELINE,),
        checks={
            RECORD: (_follows_health, _alias_has_a_target),
            "aws:route53/recordsExclusive:RecordsExclusive": (_each_follows_health,),
        },
        controls=("NIST SP 800-53 CP-10", "NIST SP 800-53 SC-20"),
        weaker="Traffic policies, and choices by weight or by country, are not read. The last resort of a failover"
        " needs no health check; of dangling aliases only those to websites of S3 are refused.",
        live="Whether an alias's target still stands.",
    ),
)
