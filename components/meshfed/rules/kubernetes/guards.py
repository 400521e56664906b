"""What guards admission: that it is asked of everything that it must guard, by its own server, and that it refuses."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Final

from meshfed.rules.allowed import by_digest, is_object_allowed
from meshfed.rules.kubernetes.mutations import is_touching
from meshfed.rules.kubernetes.selectors import OF_EVERY_NAMESPACE, selects
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_INJECTOR: Final = re.compile(r"sidecar-injector|injector\.istio\.io|istio-revision-tag")
_GUARD: Final = re.compile(rf"{_INJECTOR.pattern}|gatekeeper|(^|[^a-z])opa([^a-z]|$)|kyverno")
"""Names of webhooks that inject the proxy or decide by policy."""
_REVISION: Final = "istio.io/rev"
_OF_ISTIO: Final = frozenset({"istio-injection", _REVISION, "sidecar.istio.io/inject"})
_IGNORED: Final = "admission.gatekeeper.sh/ignore"
"""Label that Gatekeeper's own webhook lets nobody give to a namespace that its owner has not named."""
_OF_KUBERNETES: Final = ("kube-node-lease", "kube-public", "local-path-storage")


def is_injector(webhook: Node, configuration: Resource) -> bool:
    """Whether a webhook is the one that gives pods their proxy."""
    return any(_INJECTOR.search(word) for word in _words(webhook, configuration))


def is_guard(webhook: Node, configuration: Resource) -> bool:
    """Whether a webhook injects the proxy or decides by policy."""
    return any(_GUARD.search(word) for word in _words(webhook, configuration))


def _words(webhook: Node, configuration: Resource) -> Iterator[str]:
    yield webhook["name"].text().lower()
    yield webhook["clientConfig"]["service"]["name"].text().lower()
    yield configuration.name.lower()


def _guards_are_asked(configuration: Resource, parameters: GateParameters) -> Iterator[Finding]:
    webhooks = configuration.props["webhooks"]

    def judged(webhook: Node) -> Iterator[Finding]:
        if not is_guard(webhook, configuration):
            return
        is_of_istio = is_injector(webhook, configuration)
        findings = list(_misses(webhook, parameters, is_of_istio=is_of_istio))
        if not configuration.is_patch or not webhook["rules"].is_missing:
            findings += list(_is_asked_of_nothing(webhook["rules"]))
        if findings and not is_object_allowed(configuration, webhooks, parameters):
            yield _told(findings[0], webhooks)

    yield from each(webhooks.items(), judged)


def _told(finding: Finding, content: Node) -> Finding:
    return replace(finding, message=finding.message + by_digest(content, "it")) if finding.is_decided else finding


def _misses(webhook: Node, parameters: GateParameters, *, is_of_istio: bool) -> Iterator[Finding]:
    if not webhook["matchConditions"].is_absent:
        yield webhook["matchConditions"].wrong("what the condition leaves out is let in without the guard")
    for field in ("namespaceSelector", "objectSelector"):
        for expression in _conditions(webhook[field]):
            if not _is_usual(expression, field, parameters, is_of_istio=is_of_istio):
                yield webhook[field].wrong("what the selector leaves out is let in without the guard")
    if is_of_istio and not any(_takes(webhook, *pair) for pair in _asking(webhook)):
        yield webhook.wrong("no pod that asks for a proxy by Istio's own labels is brought to the injector")


def _conditions(selector: Node) -> Iterator[tuple[str, str, list[str]]]:
    for name, node in selector["matchLabels"].entries():
        yield name, "In", [node.text()]
    for one in selector["matchExpressions"].items():
        yield one["key"].text(), one["operator"].text(), one["values"].texts()


def _is_usual(
    condition: tuple[str, str, list[str]], field: str, parameters: GateParameters, *, is_of_istio: bool
) -> bool:
    """Whether a condition leaves out only what Istio's or Gatekeeper's own configuration does."""
    key, operator, values = condition
    if key == OF_EVERY_NAMESPACE and operator == "NotIn" and field == "namespaceSelector":
        return set(values) <= {*parameters.system_namespaces, *_OF_KUBERNETES}
    if is_of_istio:
        return key in _OF_ISTIO
    return key == _IGNORED and operator == "DoesNotExist" and field == "namespaceSelector"


def _asking(webhook: Node) -> Iterator[tuple[Mapping[str, str], Mapping[str, str]]]:
    """Labels of namespaces and pods that ask for a proxy, for the revisions that a webhook names itself."""
    revisions = {
        value
        for field in ("namespaceSelector", "objectSelector")
        for key, _, values in _conditions(webhook[field])
        if key == _REVISION
        for value in values
    }
    yield {}, {}
    yield {"istio-injection": "enabled"}, {}
    yield {}, {"sidecar.istio.io/inject": "true"}
    for revision in sorted(revisions):
        yield {_REVISION: revision}, {}
        yield {}, {_REVISION: revision}
        yield {}, {_REVISION: revision, "sidecar.istio.io/inject": "true"}


def _takes(webhook: Node, namespace: Mapping[str, str], pod: Mapping[str, str]) -> bool:
    named = {**namespace, OF_EVERY_NAMESPACE: "any"}
    return selects(webhook["namespaceSelector"], named) and selects(webhook["objectSelector"], pod)


def _is_asked_of_nothing(rules: Node) -> Iterator[Finding]:
    if not is_touching(rules, operation="CREATE"):
        yield rules.wrong("the guard is asked of nothing that it must guard")


def _validators_are_in_the_cluster(configuration: Resource, parameters: GateParameters) -> Iterator[Finding]:
    webhooks = configuration.props["webhooks"]

    def judged(webhook: Node) -> Iterator[Finding]:
        guards = is_guard(webhook, configuration)
        if not guards and not is_touching(webhook["rules"]):
            return
        client = webhook["clientConfig"]
        place = client["service"]["namespace"]
        if not client["url"].is_absent and not is_object_allowed(configuration, webhooks, parameters):
            message = "a server outside of the cluster sees objects of the mesh, and decides about them"
            yield _told(client["url"].wrong(message), webhooks)
        elif guards and not place.is_absent and not _is_the_platforms(place.text(), parameters):
            yield place.wrong("the guard's server stands in a namespace that is not the platform's")

    yield from each(webhooks.items(), judged)


def _is_the_platforms(namespace: str, parameters: GateParameters) -> bool:
    return namespace in parameters.system_namespaces or any(
        one.startswith(f"{namespace}/") for one in parameters.controllers
    )


def _constraint_denies(constraint: Resource, parameters: GateParameters) -> Iterator[Finding]:
    if not constraint.kind.startswith("constraints.gatekeeper.sh/") or constraint.outer is not None:
        return
    spec = constraint.props["spec"]
    excluded = spec["match"]["excludedNamespaces"]
    if not _denies(spec) and not is_object_allowed(constraint, spec, parameters):
        message = "what the constraint refuses is let in, and only written down"
        yield _told(spec["enforcementAction"].wrong(message), spec)
    if any(not name.strip("*") for name in excluded.texts()):
        yield excluded.wrong("no namespace is watched")


def _denies(spec: Node) -> bool:
    action = spec["enforcementAction"].text("deny").lower()
    if action != "scoped":
        return action in ("deny", "")
    return any(
        one["action"].text().lower() == "deny"
        and any(point["name"].text() in ("*", "validation.gatekeeper.sh") for point in one["enforcementPoints"].items())
        for one in spec["scopedEnforcementActions"].items()
    )


def _binding_needs_its_parameters(binding: Resource, _: GateParameters) -> Iterator[Finding]:
    action = binding.props["spec"]["paramRef"]["parameterNotFoundAction"]
    if action.text().lower() == "allow":
        yield action.wrong("whoever takes the parameters away lets everything in")


_GROUP: Final = "admissionregistration.k8s.io"
GUARDS: Final[Mapping[str, tuple[Check, ...]]] = {
    f"{_GROUP}/MutatingWebhookConfiguration": (_guards_are_asked,),
    f"{_GROUP}/ValidatingWebhookConfiguration": (_guards_are_asked, _validators_are_in_the_cluster),
    f"{_GROUP}/ValidatingAdmissionPolicyBinding": (_binding_needs_its_parameters,),
    "*": (_constraint_denies,),
}
"""Checks of MF-K10 about what guards, by kind."""
