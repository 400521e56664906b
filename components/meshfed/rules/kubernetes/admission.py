"""Admission: what a namespace lets in, and what happens while a webhook that guards the mesh is away."""

from collections.abc import Iterator, Mapping
from typing import Final

from meshfed.rules.kubernetes.definitions import DEFINITIONS
from meshfed.rules.kubernetes.guards import GUARDS, is_guard
from meshfed.rules.kubernetes.kyverno import KYVERNO
from meshfed.rules.kubernetes.mutations import MUTATIONS
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Check, Pack, Rule
from meshfed.settings.gate import GateParameters

_GROUP: Final = "admissionregistration.k8s.io"
_ENFORCE: Final = "pod-security.kubernetes.io/enforce"


def _enforces_pod_security(namespace: Resource, parameters: GateParameters) -> Iterator[Finding]:
    label = namespace.labels[_ENFORCE]
    if namespace.is_patch and label.is_missing:
        return
    if label.text("privileged") in ("baseline", "restricted") or namespace.name in parameters.system_namespaces:
        return
    yield label.wrong("pods with every right of their node are let in; where nothing is written they are")


def _guard_fails_closed(configuration: Resource, _: GateParameters) -> Iterator[Finding]:
    # Only the first version of the API had Ignore for what is not written.
    default = "Ignore" if "v1beta1" in configuration.token else "Fail"

    def fails_closed(webhook: Node) -> Iterator[Finding]:
        policy = webhook["failurePolicy"]
        if policy.text(default) != "Fail" and is_guard(webhook, configuration):
            yield policy.wrong("while the webhook is away, everything is let in")

    yield from each(configuration.props["webhooks"].items(), fails_closed)


def _policy_fails_closed(policy: Resource, _: GateParameters) -> Iterator[Finding]:
    node = policy.props["spec"]["failurePolicy"]
    if node.text("Fail") != "Fail":
        yield node.wrong("what the policy cannot decide is let in")


_CHECKS: Final[tuple[Mapping[str, tuple[Check, ...]], ...]] = (
    {
        f"{_GROUP}/MutatingWebhookConfiguration": (_guard_fails_closed,),
        f"{_GROUP}/ValidatingWebhookConfiguration": (_guard_fails_closed,),
        f"{_GROUP}/ValidatingAdmissionPolicy": (_policy_fails_closed,),
        f"{_GROUP}/MutatingAdmissionPolicy": (_policy_fails_closed,),
    },
    MUTATIONS,
    GUARDS,
    KYVERNO,
    DEFINITIONS,
)

RULES: Final = (
    Rule(
        id="MF-K9",
        title="A namespace enforces pod security",
        why="Without the label, and with privileged, the API server takes pods that own their node: every rule about "
        "pods then holds only for those that this gate has seen.",
        mend="Label the namespace pod-security.kubernetes.io/enforce: restricted (or baseline).",
        packs=(Pack.ZERO_TRUST,),
        checks={"core/Namespace": (_enforces_pod_security,)},
        controls=("CIS EKS 4.2.1", "CIS AKS 4.2.1", "CIS GKE 4.2.1", "NIST SP 800-53 CM-7"),
        weaker="The platform's own namespaces may be privileged.",
    ),
    Rule(
        id="MF-K10",
        title="Admission lets nothing by and changes nothing of the mesh unseen",
        why="With Ignore, whoever stops the webhook, or waits for its restart, starts pods without a proxy and objects "
        "that no policy has seen; what changes objects on their way in, converts or answers for them, or deletes them "
        "later, can undo all that the gate has judged.",
        mend="Write failurePolicy: Fail (validatingWebhookFailurePolicy: Fail in Gatekeeper's chart) and "
        "validationActions: [Deny]; change objects in the program, or have what "
        "changes them allowed by its name and sha256.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            kind: tuple(check for checks in _CHECKS for check in checks.get(kind, ()))
            for kind in {kind: None for checks in _CHECKS for kind in checks}
        },
        controls=("NIST SP 800-53 SI-17",),
        weaker="Guards are known by name (Istio's injector, Gatekeeper, OPA, Kyverno). Istio's own validation, which "
        "only refuses mistakes, may fail open. What a policy itself says, whom it matches and whom a constraint leaves "
        "out by name is not judged. Of definitions of kinds, defaults are looked for in Istio's and SPIRE's groups "
        "alone, and a trust bundle is the mesh's by its signer's name. A webhook that Istio's own service answers may "
        "change objects.",
    ),
)
