"""Who gets an identity from SPIRE, which one, and whom it makes them trust."""

import re
from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.kubernetes.workloads import containers
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.rules.rule import Pack, Rule
from meshfed.rules.spire.charts import CHART, SERVER_CHART, labelled, server_values
from meshfed.rules.spire.durations import svid_fits, token_fits
from meshfed.settings.gate import GateParameters

CLUSTER_ID: Final = "spire.spiffe.io/ClusterSPIFFEID"
STATIC_ENTRY: Final = "spire.spiffe.io/ClusterStaticEntry"
_FIELDS: Final = r"/ns/\{\{-?\s*\.PodMeta\.Namespace\s*-?\}\}/sa/\{\{-?\s*\.PodSpec\.ServiceAccountName\s*-?\}\}"
_TEMPLATE: Final = re.compile(r"spiffe://\{\{-?\s*\.TrustDomain\s*-?\}\}" + _FIELDS)
_FIXED_DOMAIN: Final = re.compile(r"spiffe://[a-z0-9._-]+" + _FIELDS)
_WORKLOAD: Final = re.compile(r"/ns/([^/]+)/sa/([^/]+)")
_OWN_AGENT: Final = re.compile(r"/spire/agent/k8s_psat/[A-Za-z0-9._-]+/[A-Za-z0-9._-]+")
"""An agent that the cluster itself vouches for."""
_TAKES_NEARLY_ALL: Final = frozenset({"NotIn", "DoesNotExist"})
_EVERY_NAMESPACE: Final = "kubernetes.io/metadata.name"
"""A label that each namespace has."""
_FIELD: Final = re.compile(r"\{\{-?\s*(\.[A-Za-z.]+)\s*-?\}\}")
_SURE_FIELDS: Final = frozenset(
    {
        ".ClusterDomain",
        ".ClusterName",
        ".PodMeta.Name",
        ".PodMeta.Namespace",
        ".PodSpec.ServiceAccountName",
        ".TrustDomain",
    }
)
"""Fields of a template that a pod does not choose as it likes, as it does labels."""
_SEGMENTS: Final = re.compile(r"(/(?!\.{1,2}(/|$))[A-Za-z0-9._-]+)+")
"""A path that SPIRE takes."""
_MAKES_IDENTITIES: Final = re.compile(r"\s(entry\s+(create|update)|bundle\s+set|token\s+generate|(x509|jwt)\s+mint)\b")
_DOMAIN: Final = re.compile(r"^[a-z0-9._-]+$")


def _template(spec: Node) -> Iterator[Finding]:
    node = spec["spiffeIDTemplate"]
    text = node.text()
    if _FIXED_DOMAIN.fullmatch(text):
        yield node.wrong("the trust domain is written out, and may be another one than the server's")
    elif not _TEMPLATE.fullmatch(text):
        # A label, a condition or a comment in a template lets a pod choose its identity: only one form is sure.
        yield node.wrong("pods of several namespaces or accounts can get one identity")


def _dns_template(node: Node) -> Iterator[Finding]:
    """A name in a certificate: of the pod's own namespace, and of nothing that a pod chooses."""
    text = node.text()
    fields = _FIELD.findall(text)
    labels = _FIELD.sub(lambda found: "NAMESPACE" if found[1] == ".PodMeta.Namespace" else "x", text).lower().split(".")
    if "{{" in _FIELD.sub("", text) or not _SURE_FIELDS.issuperset(fields):
        yield node.wrong("a pod chooses the DNS name in its certificate")
    elif _is_of_another(labels, "namespace") or not fields:
        yield node.wrong("pods of any namespace get the DNS name of one service")


def _is_of_another(labels: list[str], namespace: str) -> bool:
    """Whether it is a name of the cluster's own DNS, of a service in another namespace."""
    return "svc" in labels[1:] and labels[labels.index("svc", 1) - 1] != namespace


def _selection(spec: Node) -> Iterator[Finding]:
    if _is_everything(spec["podSelector"]) and _is_everything(spec["namespaceSelector"]):
        yield spec["podSelector"].wrong("every pod of the cluster gets the identity, whoever made it")


def _is_everything(selector: Node) -> bool:
    expressions = selector["matchExpressions"].items()
    return selector["matchLabels"].is_absent and all(_takes_nearly_all(one) for one in expressions)


def _takes_nearly_all(expression: Node) -> bool:
    operator, key = expression["operator"].text(), expression["key"].text()
    return operator in _TAKES_NEARLY_ALL or (operator == "Exists" and key == _EVERY_NAMESPACE)


def _powers(spec: Node) -> Iterator[Finding]:
    for name, what in (("admin", "rules its server"), ("downstream", "signs identities as a server of its own")):
        yield from each([spec[name]], lambda node, what=what: _is_off(node, what))


def _is_off(node: Node, what: str) -> Iterator[Finding]:
    if node.flag(default=False):
        yield node.wrong(f"whoever gets the identity {what}")


def _friends(spec: Node, parameters: GateParameters) -> Iterator[Finding]:
    yield from each(spec["federatesWith"].items(), lambda node: _is_friend(node, parameters))


def _is_friend(node: Node, parameters: GateParameters) -> Iterator[Finding]:
    name = node.text().removeprefix("spiffe://")
    if not _DOMAIN.match(name):
        yield node.wrong("is not one trust domain by its name")
    elif parameters.trust_domains and name not in parameters.trust_domains:
        yield node.wrong("is no trust domain of this federation")


def _lifetime(node: Node, longest: int, parameters: GateParameters) -> Iterator[Finding]:
    if not node.is_absent:
        yield from svid_fits(node, longest, parameters.lifetimes)


def _identity(spec: Node, parameters: GateParameters) -> Iterator[Finding]:
    yield from each([spec], _template)
    yield from each([spec], _selection)
    yield from _powers(spec)
    yield from each([spec], lambda one: _friends(one, parameters))
    yield from _names_and_lives(spec, parameters)


def _names_and_lives(spec: Node, parameters: GateParameters) -> Iterator[Finding]:
    yield from each(spec["dnsNameTemplates"].items(), _dns_template)
    longest = parameters.lifetimes.workload_svid_seconds
    yield from each([spec["ttl"]], lambda one: _lifetime(one, longest, parameters))
    yield from each([spec["jwtTtl"]], lambda one: token_fits(one, longest))


def _cluster_id(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    yield from _identity(resource.props["spec"], parameters)


def _entry(entry: Node, parameters: GateParameters) -> Iterator[Finding]:
    """What an entry by hand gives: to the chart or as an object."""
    yield from each([entry], _is_of_its_account)
    yield from each(entry["dnsNames"].items(), lambda node: _is_own_name(node, entry))
    yield from each([entry["jwtSVIDTTL"]], lambda one: token_fits(one, parameters.lifetimes.edge_svid_seconds))
    yield from each([entry], lambda one: _is_of_its_domain(one, parameters))
    yield from _powers(entry)
    yield from each([entry], lambda one: _friends(one, parameters))


def _is_of_its_account(entry: Node) -> Iterator[Finding]:
    path = _path(entry["spiffeID"])
    selectors = entry["selectors"].texts()
    first = path.lower().split("/")[1:2]
    if not _SEGMENTS.fullmatch(path) or first == ["spire"]:
        yield entry["spiffeID"].wrong("is no path of a workload; what begins with /spire is of servers and agents")
        return
    match = _WORKLOAD.fullmatch(path)
    wanted = {f"k8s:ns:{match[1]}", f"k8s:sa:{match[2]}"} if match else set[str]()
    is_of_a_pod = first == ["ns"] or not selectors or any(one.startswith("k8s:") for one in selectors)
    if is_of_a_pod and not (wanted and wanted <= set(selectors)):
        yield entry["selectors"].wrong("others than the account of this namespace get its identity")
    elif is_of_a_pod and not _OWN_AGENT.fullmatch(_path(entry["parentID"])):
        yield entry["parentID"].wrong(
            "is no agent of the cluster (/spire/agent/k8s_psat/CLUSTER/ID), and a machine of somebody else's says that"
            " any of its processes is this pod"
        )


def _is_own_name(node: Node, entry: Node) -> Iterator[Finding]:
    match = _WORKLOAD.fullmatch(_path(entry["spiffeID"]))
    if _is_of_another(node.text().lower().split("."), match[1] if match else ""):
        yield node.wrong("is the DNS name of a service in another namespace")


def _is_of_its_domain(entry: Node, parameters: GateParameters) -> Iterator[Finding]:
    node = entry["spiffeID"]
    domain, server = _domain(node), _domain(entry["parentID"])
    if domain != server or (parameters.trust_domains and domain not in parameters.trust_domains):
        yield node.wrong("is of another trust domain than the server's, or of none of this federation")


def _domain(node: Node) -> str:
    return node.text().removeprefix("spiffe://").partition("/")[0]


def _path(node: Node) -> str:
    _, slash, rest = node.text().removeprefix("spiffe://").partition("/")
    return slash + rest


def _static_entry(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    spec = resource.props["spec"]
    yield from _entry(spec, parameters)
    # Machines outside of a cluster are entered by hand, and live longer.
    longest = parameters.lifetimes.edge_svid_seconds
    yield from each([spec["x509SVIDTTL"]], lambda one: _lifetime(one, longest, parameters))


def _chart(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    for server in server_values(resource):
        identities = server["controllerManager"]["identities"]
        for name, given in labelled(identities["clusterSPIFFEIDs"]):
            if given["enabled"].flag(default=True):
                yield from _chart_identity(name, given, parameters)
        for _, entry in labelled(identities["clusterStaticEntries"]):
            yield from _entry(entry, parameters)


def _chart_identity(name: str, given: Node, parameters: GateParameters) -> Iterator[Finding]:
    """An entry of the chart; what it does not say of `default` and of the chart's own helpers, the chart says."""
    template, own = given["spiffeIDTemplate"], given["type"].text("base") != "base" or name in _HELPERS
    if not template.is_missing or not (own or name == "default"):
        yield from each([given], _template)
    if not own:
        yield from each([given], _selection)
    yield from _powers(given)
    yield from each([given], lambda one: _friends(one, parameters))
    yield from _names_and_lives(given, parameters)


def _is_no_command(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    yield from each(containers(pod), _makes_no_identity)


def _makes_no_identity(container: Node) -> Iterator[Finding]:
    words = [node.text() for name in ("command", "args") for node in container[name].items() if not node.is_unknown]
    _, server, command = " ".join(words).partition("spire-server")
    if server and _MAKES_IDENTITIES.search(command):
        yield container.wrong("makes identities by a command, past every rule about what they may be")


_HELPERS: Final = frozenset({"oidc-discovery-provider", "test-keys", "child-servers"})
"""Entries whose pods the chart selects itself."""

RULES: Final = (
    Rule(
        id="MF-S1",
        title="An identity belongs to one account of one namespace, for as long as was declared",
        why="A constant template, an open selector, a label that a pod gives itself, an entry for strangers or admin "
        "rights give many pods one identity, or one pod everybody's; a long life keeps a stolen one alive.",
        mend="Write spiffeIDTemplate: spiffe://{{ .TrustDomain }}/ns/{{ .PodMeta.Namespace }}/sa/"
        "{{ .PodSpec.ServiceAccountName }} with a podSelector or namespaceSelector that names what it takes, without "
        "admin and downstream; select a static entry of /ns/X/sa/Y by k8s:ns:X and k8s:sa:Y, "
        "below an agent of k8s_psat.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            CLUSTER_ID: (_cluster_id,),
            STATIC_ENTRY: (_static_entry,),
            CHART: (_chart,),
            SERVER_CHART: (_chart,),
            POD: (_is_no_command,),
        },
        controls=("NIST SP 800-207 tenet 6", "NIST SP 800-53 IA-9", "NIST SP 800-53 AC-6"),
        weaker="Naming every trust domain of the federation in federatesWith is not refused: an identity of the whole "
        "mesh needs it. Who gets a static identity of another form than /ns/X/sa/Y (an edge machine) is its author's "
        "word, where no selector is Kubernetes'; so is below which agent it stands, and of a pod's agent which cluster "
        "of those that the server takes (MF-S2). One of podSelector and namespaceSelector that narrows is enough. "
        "Commands are known by SPIRE's own names for them. A domain is known as one of the federation where the pack's "
        "configuration lists them.",
    ),
)
