"""Tokens of Kubernetes in pods: what a pod that is broken into can show to the API server and to clouds."""

from collections.abc import Iterator
from typing import Final

from meshfed.rules.forms.kubernetes import POD
from meshfed.rules.kubernetes.workloads import account_of, of_all_but_controllers
from meshfed.rules.node import Finding, Node, each, guarded
from meshfed.rules.resource import Resource, Stack
from meshfed.rules.rule import Pack, Rule
from meshfed.settings.gate import GateParameters

_ACCOUNT: Final = "core/ServiceAccount"
_SECRET: Final = "core/Secret"  # noqa: S105 - the kind
_TOKEN_TYPE: Final = "kubernetes.io/service-account-token"  # noqa: S105 - the type
_DEFAULT: Final = "default"


def _mounts_no_token(stack: Stack, parameters: GateParameters) -> Iterator[Finding]:
    for cluster in stack.clusters():
        accounts = cluster.of(_ACCOUNT)
        for pod in cluster.of(POD):
            check = of_all_but_controllers(lambda pod, _, accounts=accounts: _pod_mounts_no_token(pod, accounts))
            yield from guarded(check(pod, parameters))


def _pod_mounts_no_token(pod: Resource, accounts: tuple[Resource, ...]) -> Iterator[Finding]:
    node = pod.props["spec"]["automountServiceAccountToken"]
    if pod.is_patch and node.is_missing:
        return
    if node.value is None and any(_is_its_account(account, pod) for account in accounts):
        return
    if node.flag(default=True):
        yield node.wrong("the pod gets a token for the API server; where nothing is written it does")


def _is_its_account(account: Resource, pod: Resource) -> bool:
    """Whether an account keeps its token out of a pod that says nothing itself."""
    if account.props["automountServiceAccountToken"].flag(default=True):
        return False
    return account.name == account_of(pod).text(_DEFAULT) and account.namespace == pod.namespace


def _has_an_account_of_its_own(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    account = account_of(pod)
    if pod.is_patch and account.is_missing:
        return
    if (account.text(_DEFAULT) or _DEFAULT) == _DEFAULT:
        place = pod.props["spec"]["serviceAccountName"] if account.is_missing else account
        yield place.wrong("the pod shares the namespace's default account, so its identity is everybody's there")


def _tokens_have_an_audience(pod: Resource, _: GateParameters) -> Iterator[Finding]:
    volumes = pod.props["spec"]["volumes"].items()
    yield from each(volumes, lambda volume: each(volume["projected"]["sources"].items(), _has_an_audience))


def _has_an_audience(source: Node) -> Iterator[Finding]:
    token = source["serviceAccountToken"]
    if not token.is_missing and token["audience"].is_absent:
        yield token["audience"].wrong("a token without an audience is one for the API server")


def _account_mounts_no_token(account: Resource, _: GateParameters) -> Iterator[Finding]:
    node = account.props["automountServiceAccountToken"]
    if node.flag(default=False):
        yield node.wrong("every pod of this account gets a token for the API server")


def _is_no_lasting_token(secret: Resource, _: GateParameters) -> Iterator[Finding]:
    if secret.props["type"].text() == _TOKEN_TYPE:
        yield secret.props["type"].wrong("a token in a Secret never expires")


RULES: Final = (
    Rule(
        id="MF-K7",
        title="A pod has an account of its own and no token that it does not need",
        why="Clouds trust tokens of the cluster's issuer: a token that lies in a pod, or an account that many pods "
        "share, is the identity that somebody steals.",
        mend="Write serviceAccountName, automountServiceAccountToken: false, and an audience for each projected token. "
        "A controller that needs the API server its owner names in `controllers`: its workload and its account.",
        packs=(Pack.ZERO_TRUST,),
        checks={
            POD: (of_all_but_controllers(_has_an_account_of_its_own), of_all_but_controllers(_tokens_have_an_audience)),
            _ACCOUNT: (of_all_but_controllers(_account_mounts_no_token),),
            _SECRET: (_is_no_lasting_token,),
        },
        relations=(_mounts_no_token,),
        controls=(
            "CIS EKS 4.1.5",
            "CIS EKS 4.1.6",
            "CIS AKS 4.1.5",
            "CIS AKS 4.1.6",
            "CIS GKE 4.1.4",
            "CIS GKE 4.1.5",
            "NIST SP 800-53 AC-6",
        ),
        weaker="Workloads of `controllers` under accounts of `controllers`, and `privileged_workloads`, may hold "
        "tokens; whether they need them is not judged.",
    ),
)
