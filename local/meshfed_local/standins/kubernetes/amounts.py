"""What an API server refuses of numbers, shares, choices and quantities, wherever they stand in a built-in kind.

Sources: pkg/apis/{core,apps,batch,autoscaling,networking,policy}/validation of Kubernetes 1.36.
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from meshfed_local.standins.faults import Fault
from meshfed_local.standins.kubernetes import names
from meshfed_local.standins.kubernetes.kinds import DEFINITION, known_text, listed, mapping, of_token
from meshfed_local.standins.kubernetes.objects import parts
from meshfed_local.standins.resource import Resource
from meshfed_local.standins.world import World

_LEAST: Final[Mapping[str, int]] = {
    **dict.fromkeys(
        (
            "activeDeadlineSeconds",
            "backoffLimit",
            "completions",
            "failedJobsHistoryLimit",
            "failureThreshold",
            "initialDelaySeconds",
            "minReadySeconds",
            "parallelism",
            "periodSeconds",
            "progressDeadlineSeconds",
            "replicas",
            "revisionHistoryLimit",
            "startingDeadlineSeconds",
            "successThreshold",
            "successfulJobsHistoryLimit",
            "terminationGracePeriodSeconds",
            "timeoutSeconds",
            "ttlSecondsAfterFinished",
        ),
        0,
    ),
    "maxReplicas": 1,
    "minReplicas": 1,
}
_SHARES: Final = ("maxSurge", "maxUnavailable", "minAvailable")
_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "concurrencyPolicy": ("Allow", "Forbid", "Replace"),
    "dnsPolicy": ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    "externalTrafficPolicy": ("Cluster", "Local"),
    "imagePullPolicy": ("Always", "IfNotPresent", "Never"),
    "internalTrafficPolicy": ("Cluster", "Local"),
    "podManagementPolicy": ("OrderedReady", "Parallel"),
    "protocol": ("SCTP", "TCP", "UDP"),
    "sessionAffinity": ("ClientIP", "None"),
}
_LISTS_OF_CHOICES: Final[Mapping[str, tuple[str, ...]]] = {
    "accessModes": ("ReadOnlyMany", "ReadWriteMany", "ReadWriteOnce", "ReadWriteOncePod"),
    "policyTypes": ("Egress", "Ingress"),
}
_PARTS_OF_A_SCHEDULE: Final = 5
_WITH_VALUES: Final = ("In", "NotIn")
_WITHOUT_VALUES: Final = ("DoesNotExist", "Exists")


def amounts_are_usable(resource: Resource, _world: World) -> Iterator[Fault]:
    """Counts are not negative, shares are counts or percents, choices are among those that there are."""
    for path, part in _parts(resource):
        yield from _numbers(part, path)
        yield from _choices(part, path)
        for index, item in enumerate(listed(part.get("matchExpressions"))):
            yield from _expression(mapping(item), f"{path}.matchExpressions[{index}]")


def _parts(resource: Resource) -> Iterator[tuple[str, Mapping[str, Any]]]:
    kind = of_token(resource.token)
    # A definition's `spec` holds schemas, whose properties may have any of these names.
    if kind is not None and kind.is_built_in and resource.token != DEFINITION:
        yield from parts(resource.inputs.get("spec"), "spec")


def _numbers(part: Mapping[str, Any], path: str) -> Iterator[Fault]:
    for key, least in _LEAST.items():
        value = part.get(key)
        if isinstance(value, int) and value < least:
            yield Fault(f"{path}.{key}", f"it is {value}", f"{least} or more")
    for key in _SHARES:
        value = part.get(key)
        if (isinstance(value, int) and value < 0) or (isinstance(value, str) and not names.is_share(value)):
            yield Fault(f"{path}.{key}", f"it is {value!r}", "a count of 0 or more, or a share such as 25%")
    if path.endswith(".rollingUpdate") and all(part.get(key) in (0, "0%") for key in ("maxSurge", "maxUnavailable")):
        yield Fault(f"{path}.maxUnavailable", "maxSurge is 0, too", "more than 0 in one of the two")
    smallest, largest = part.get("minReplicas"), part.get("maxReplicas")
    if isinstance(smallest, int) and isinstance(largest, int) and 0 < largest < smallest:
        yield Fault(f"{path}.maxReplicas", f"it is {largest}", f"minReplicas, {smallest}, or more")


def _choices(part: Mapping[str, Any], path: str) -> Iterator[Fault]:
    for key, choices in _CHOICES.items():
        value = known_text(part.get(key))
        if value and value not in choices:
            yield Fault(f"{path}.{key}", f"it is {value!r}", f"one of {', '.join(choices)}")
    for key, choices in _LISTS_OF_CHOICES.items():
        for index, value in enumerate(listed(part.get(key))):
            if known_text(value) and value not in choices:
                yield Fault(f"{path}.{key}[{index}]", f"it is {value!r}", f"one of {', '.join(choices)}")


def _expression(expression: Mapping[str, Any], path: str) -> Iterator[Fault]:
    operator, values = known_text(expression.get("operator")), listed(expression.get("values"))
    # `Gt` and `Lt` are of node affinity alone.
    operators = (*_WITH_VALUES, *_WITHOUT_VALUES, *(("Gt", "Lt") if "nodeAffinity" in path else ()))
    if operator and operator not in operators:
        yield Fault(f"{path}.operator", f"it is {operator!r}", f"one of {', '.join(operators)}")
    elif operator in _WITH_VALUES and isinstance(expression.get("values"), list | None) and not values:
        yield Fault(f"{path}.values", "there are none", f"one at least, as {operator} compares with them")
    elif operator in _WITHOUT_VALUES and values:
        yield Fault(f"{path}.values", "there are some", f"none, as {operator} asks for the key alone")
    key = known_text(expression.get("key"))
    if key and (wanted := names.label_key(key)):
        yield Fault(f"{path}.key", f"{key!r} is no key of a label", wanted)


def quantities_are_usable(resource: Resource, _world: World) -> Iterator[Fault]:
    """Quantities are no less than nothing, and no request is above its limit."""
    for path, part in _parts(resource):
        name = path.rsplit(".", 1)[-1]
        if name in {"hard", "requests", "limits", "capacity"}:
            yield from _quantities(part, path)
        requests, limits = mapping(part.get("requests")), mapping(part.get("limits"))
        for key in requests.keys() & limits.keys():
            low, high = names.amount(requests[key]), names.amount(limits[key])
            if low is not None and high is not None and low > high:
                yield Fault(f"{path}.requests.{key}", f"{requests[key]!r} is above the limit", f"{limits[key]} or less")


def _quantities(part: Mapping[str, Any], path: str) -> Iterator[Fault]:
    for key, value in part.items():
        if not isinstance(value, str | int | float):
            continue
        amount = names.amount(value)
        if amount is None:
            yield Fault(f"{path}.{key}", f"{value!r} is no quantity", names.quantity(value) or "a quantity")
        elif amount < 0:
            yield Fault(f"{path}.{key}", f"{value!r} is less than nothing", "0 or more")


def jobs_end(resource: Resource, _world: World) -> Iterator[Fault]:
    """The pods of a job are not started again for ever, and a schedule has five parts."""
    spec, path = mapping(resource.inputs.get("spec")), "spec"
    schedule = known_text(spec.get("schedule"))
    if schedule and not schedule.startswith("@") and len(schedule.split()) != _PARTS_OF_A_SCHEDULE:
        yield Fault(
            "spec.schedule", f"{schedule!r} is no schedule", "minute, hour, day, month and weekday: `0 4 * * *`"
        )
    if "jobTemplate" in spec:
        spec, path = mapping(mapping(spec.get("jobTemplate")).get("spec")), "spec.jobTemplate.spec"
    pod = mapping(mapping(spec.get("template")).get("spec"))
    policy = pod.get("restartPolicy")
    if pod and (policy is None or (known_text(policy) and policy not in {"Never", "OnFailure"})):
        shown = "it is missing" if policy is None else f"it is {policy!r}"
        yield Fault(f"{path}.template.spec.restartPolicy", shown, "Never or OnFailure, as a job ends")


def policies_name_ports(resource: Resource, _world: World) -> Iterator[Fault]:
    """Ports of a network policy are numbers in range or names, and a range ends where it begins or later."""
    for path, part in parts(resource.inputs.get("spec"), "spec"):
        first, last = part.get("port"), part.get("endPort")
        if isinstance(first, int) and (wanted := names.port(first)):
            yield Fault(f"{path}.port", f"{first} is no port", wanted)
        elif isinstance(first, str) and (wanted := names.port_name(first)):
            yield Fault(f"{path}.port", f"{first!r} is no name of a port", wanted)
        elif isinstance(last, int) and isinstance(first, int) and not first <= last <= names.LAST_PORT:
            yield Fault(f"{path}.endPort", f"{last} does not end a range from {first}", f"{first} to {names.LAST_PORT}")
        elif last is not None and (first is None or isinstance(first, str)):
            yield Fault(f"{path}.endPort", "the range has no first number", "a number in `port`")


def services_open_a_port_once(resource: Resource, _world: World) -> Iterator[Fault]:
    """No two ports of a service have the same number and protocol."""
    seen: set[tuple[int, str]] = set()
    for index, item in enumerate(listed(mapping(resource.inputs.get("spec")).get("ports"))):
        port = mapping(item)
        number, protocol = port.get("port"), port.get("protocol") or "TCP"
        if not isinstance(number, int) or not isinstance(protocol, str):
            continue
        if (number, protocol) in seen:
            yield Fault(f"spec.ports[{index}].port", f"{number} of {protocol} is there twice", "ports that differ")
        seen.add((number, protocol))
