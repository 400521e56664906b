"""What changes objects on their way into a cluster, after every rule has seen them."""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.allowed import digest_of, is_object_allowed
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check
from meshfed.settings.gate import GateParameters

_GROUP: Final = "admissionregistration.k8s.io"
_MESH: Final = ("istio.io", "spire.spiffe.io", "gateway.networking.k8s.io")
_WORKLOADS: Final = ("apps", "batch")
_OF_THE_CORE: Final = ("*", "pods", "namespaces", "serviceaccounts", "configmaps", "secrets", "services")
CHANGES: Final = "changes objects of the mesh after every rule has seen them"
_MESSAGE: Final = f"{CHANGES}; the sha256 of it is "


def _webhook_changes_nothing(configuration: Resource, parameters: GateParameters) -> Iterator[Finding]:
    webhooks = configuration.props["webhooks"]

    def judged(webhook: Node) -> Iterator[Finding]:
        url = webhook["clientConfig"]["url"]
        if not is_touching(webhook["rules"]):
            return
        if not url.is_absent:
            yield url.wrong("hands objects of the mesh to a server outside of the cluster, to change them")
        elif not _is_of_istiod(webhook, parameters) and not is_object_allowed(configuration, webhooks, parameters):
            yield webhook.wrong(_MESSAGE + digest_of(webhooks))

    yield from each(webhooks.items(), judged)


def _is_of_istiod(webhook: Node, parameters: GateParameters) -> bool:
    service = webhook["clientConfig"]["service"]
    name = service["name"].text()
    is_istiod = name == "istiod" or name.startswith("istiod-")
    return is_istiod and service["namespace"].text() == parameters.root_namespace


def _policy_changes_nothing(policy: Resource, parameters: GateParameters) -> Iterator[Finding]:
    spec = policy.props["spec"]
    if is_touching(spec["matchConstraints"]["resourceRules"]) and not is_object_allowed(policy, spec, parameters):
        yield spec.wrong(_MESSAGE + digest_of(spec))


def _mutator_is_allowed(mutator: Resource, parameters: GateParameters) -> Iterator[Finding]:
    spec = mutator.props["spec"]
    if not is_object_allowed(mutator, spec, parameters):
        yield spec.wrong(_MESSAGE + digest_of(spec))


def is_touching(rules: Node, operation: str = "") -> bool:
    """Whether rules of a webhook or policy take objects of the mesh; where one is named, for an operation on them."""
    return any(_touches(rule) and _is_for(rule["operations"], operation) for rule in rules.items())


def _is_for(operations: Node, wanted: str) -> bool:
    return not wanted or bool({wanted, "*"} & set(operations.texts()))


def _touches(rule: Node) -> bool:
    resources = {text.partition("/")[0].lower() for text in rule["resources"].texts()}
    return any(_is_of_the_mesh(group, resources) for group in rule["apiGroups"].texts())


def _is_of_the_mesh(group: str, resources: set[str]) -> bool:
    if group in ("", "*"):
        return group == "*" or not resources.isdisjoint(_OF_THE_CORE)
    return group in _WORKLOADS or any(group == one or group.endswith(f".{one}") for one in _MESH)


def _binding_denies(binding: Resource, _: GateParameters) -> Iterator[Finding]:
    node = binding.props["spec"]["validationActions"]
    if "Deny" not in node.texts():
        yield node.wrong("what the policy refuses is let in, and only written down")


def _watches_everywhere(config: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(config.props["spec"]["match"].items(), _leaves_few_out)


def _leaves_few_out(match: Node) -> Iterator[Finding]:
    node = match["excludedNamespaces"]
    if "*" in node.texts():
        yield node.wrong("no namespace is watched")


MUTATIONS: Final[Mapping[str, tuple[Check, ...]]] = {
    f"{_GROUP}/MutatingWebhookConfiguration": (_webhook_changes_nothing,),
    f"{_GROUP}/MutatingAdmissionPolicy": (_policy_changes_nothing,),
    f"{_GROUP}/ValidatingAdmissionPolicyBinding": (_binding_denies,),
    "config.gatekeeper.sh/Config": (_watches_everywhere,),
    "mutations.gatekeeper.sh/Assign": (_mutator_is_allowed,),
    "mutations.gatekeeper.sh/AssignMetadata": (_mutator_is_allowed,),
    "mutations.gatekeeper.sh/AssignImage": (_mutator_is_allowed,),
    "mutations.gatekeeper.sh/ModifySet": (_mutator_is_allowed,),
}
"""Checks of MF-K10 about what is changed, by kind."""
