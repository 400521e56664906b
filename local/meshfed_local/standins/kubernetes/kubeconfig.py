"""How a provider reaches its cluster: by a kubeconfig that holds no secret."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import yaml

from meshfed_local.standins.faults import UNKNOWN, Fault
from meshfed_local.standins.kubernetes.kinds import known_text, listed, mapping

_SECRETS: Final = ("token", "tokenFile", "password", "client-key-data", "client-key", "auth-provider")
_WITHOUT: Final = "a user with `exec` alone: a program that asks the cloud for a token when one is needed"


def faults(config: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a provider's way to its cluster; never says what a secret is."""
    text = config.get("kubeconfig")
    if text is UNKNOWN or config.get("renderYamlToDirectory") is not None:
        return
    if text is None:
        yield Fault("kubeconfig", "it is missing, so whatever cluster is set on this machine would be taken", _WITHOUT)
        return
    try:
        read: Any = yaml.safe_load(text)
    except yaml.YAMLError:
        read = None
    if not isinstance(read, Mapping):
        yield Fault("kubeconfig", "it is no kubeconfig", "the text of a kubeconfig, as YAML or JSON")
        return
    content = mapping(read)
    yield from _whole(content)
    for index, item in enumerate(listed(content.get("users"))):
        user, path = mapping(mapping(item).get("user")), f"kubeconfig.users[{index}].user"
        for name in _SECRETS:
            if user.get(name):
                yield Fault(f"{path}.{name}", "a secret stands in it, and with it in the state", _WITHOUT)
        if not user.get("exec"):
            yield Fault(f"{path}.exec", "it is missing", _WITHOUT)
        elif not known_text(mapping(user["exec"]).get("command")):
            yield Fault(f"{path}.exec.command", "it is missing", "the program that asks for the token")


def _whole(content: Mapping[str, Any]) -> Iterator[Fault]:
    """The current context exists and leads to a cluster and a user that exist."""
    found = {part: {mapping(item).get("name"): mapping(item) for item in listed(content.get(part))} for part in _PARTS}
    current = content.get("current-context")
    if current not in found["contexts"]:
        yield Fault("kubeconfig.current-context", f"there is no context {current!r}", "the name of one")
        return
    context = mapping(found["contexts"][current].get("context"))
    for one, part in (("cluster", "clusters"), ("user", "users")):
        if context.get(one) not in found[part]:
            yield Fault(f"kubeconfig.contexts.{one}", f"there is no {one} {context.get(one)!r}", "the name of one")
    for index, item in enumerate(listed(content.get("clusters"))):
        cluster = mapping(mapping(item).get("cluster"))
        if not known_text(cluster.get("server")).startswith("https://"):
            yield Fault(f"kubeconfig.clusters[{index}].cluster.server", "it is no https address", "https://…")
        if cluster.get("insecure-skip-tls-verify"):
            path = f"kubeconfig.clusters[{index}].cluster.insecure-skip-tls-verify"
            yield Fault(path, "anyone could stand for the cluster", "its certificate authority instead")


_PARTS: Final = ("clusters", "contexts", "users")
