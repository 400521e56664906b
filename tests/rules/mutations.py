"""Other ways of writing the same resources, for tests that expect the same verdict.

A mutation takes a resource apart into type token and inputs and gives it back in another form; `None` where a
resource has no such form.
"""

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, cast

import yaml

from meshfed.rules.plain import Unknown
from meshfed.rules.resource import Resource, resource_of

Object = Mapping[str, Any]
Mutation = Callable[[Resource], "Resource | None"]
_SIGNATURE, _SECRET = "4dabf18193072939515e22adb298388d", "1b47061264138c4ac30d75fd1eb44270"
_NEIGHBOUR = {"apiVersion": "example.com/v1", "kind": "Nothing", "metadata": {"name": "beside", "namespace": "beside"}}


def kubernetes_object(resource: Resource) -> Object | None:
    """What a cluster would be sent of a resource; None where it is no object of a cluster."""
    content = resource.props.value
    if not resource.is_kubernetes or "/" not in resource.kind or not isinstance(content, Mapping):
        return None
    if resource.kind.partition("/")[0] in ("yaml", "helm.sh", "kustomize"):
        return None
    version, kind = resource.token.removeprefix("kubernetes:").rsplit(":", 1)
    kind = kind.removesuffix("Patch") if resource.is_patch else kind
    return {"apiVersion": version.removeprefix("core/"), "kind": kind, **cast("Object", content)}


def is_known(value: object) -> bool:
    """Whether all of a value is known; what is not cannot stand in a text."""
    if isinstance(value, Mapping):
        return all(is_known(item) for item in cast("Mapping[str, object]", value).values())
    if isinstance(value, list):
        return all(is_known(item) for item in cast("list[object]", value))
    return not isinstance(value, Unknown)


def _of(resource: Resource, token: str, inputs: object) -> Resource:
    return resource_of(token, resource.urn, inputs, options=resource.options, provider=resource.provider)


def _wrapped(
    wrap: Callable[[Object], tuple[str, object]], *, needs_known: bool = False, lists: bool = True
) -> Mutation:
    def mutation(resource: Resource) -> Resource | None:
        content = kubernetes_object(resource)
        if content is None or resource.is_patch or (needs_known and not is_known(content)):
            return None
        if not lists and str(content["kind"]).endswith("List"):
            return None
        return _of(resource, *wrap(content))

    return mutation


def _in_list(content: Object) -> tuple[str, object]:
    return "kubernetes:core/v1:List", {"apiVersion": "v1", "kind": "List", "items": [_NEIGHBOUR, content]}


def _in_list_of_lists(content: Object) -> tuple[str, object]:
    inner = {"apiVersion": "v1", "kind": "List", "items": [content]}
    return "kubernetes:core/v1:List", {"apiVersion": "v1", "kind": "List", "items": [inner, _NEIGHBOUR]}


def _in_own_list(content: Object) -> tuple[str, object]:
    version, kind = content["apiVersion"], f"{content['kind']}List"
    return f"kubernetes:{version}:{kind}", {"apiVersion": version, "kind": kind, "items": [content]}


def _as_text(content: Object) -> tuple[str, object]:
    documents = yaml.safe_dump_all([_NEIGHBOUR, content], sort_keys=True)
    return "kubernetes:yaml/v2:ConfigGroup", {"yaml": documents}


def _as_json_text(content: Object) -> tuple[str, object]:
    return "kubernetes:yaml:ConfigGroup", {"yaml": ["", json.dumps(content)]}


def _as_text_with_aliases(content: Object) -> tuple[str, object]:
    """Its parts stand in a neighbour, and the object refers to them."""
    # In metadata, where no controller takes an object from: anywhere else its parts would count twice.
    items = [{"apiVersion": "example.com/v1", "kind": "Nothing", "metadata": {"of": content}}, dict(content)]
    text = yaml.safe_dump({"apiVersion": "v1", "kind": "List", "items": items})
    return "kubernetes:yaml:ConfigGroup", {"yaml": text}


def _as_merged_text(content: Object) -> tuple[str, object]:
    return "kubernetes:yaml/v2:ConfigGroup", {"yaml": f"<<: {json.dumps(content)}\n"}


def _as_text_of_an_editor(content: Object) -> tuple[str, object]:
    """With a byte order mark, other line ends, a comment and an empty document before and behind."""
    lines = ["\ufeff# one", "---", *yaml.safe_dump(content).splitlines(), "---", ""]
    return "kubernetes:yaml/v2:ConfigGroup", {"yaml": "\r\n".join(lines)}


def _as_object(content: Object) -> tuple[str, object]:
    return "kubernetes:yaml/v2:ConfigGroup", {"objs": [content]}


def _under_foreign_token(content: Object) -> tuple[str, object]:
    return "kubernetes:core/v1:ConfigMap", content


def _under_foreign_list_token(content: Object) -> tuple[str, object]:
    return "kubernetes:core/v1:ConfigMapList", content


def _of_another_version(content: Object) -> tuple[str, object]:
    group, slash, _ = str(content["apiVersion"]).rpartition("/")
    version = f"{group}{slash}v1alpha7"
    return f"kubernetes:{version}:{content['kind']}", {**content, "apiVersion": version}


def _as_patch(content: Object) -> tuple[str, object]:
    return f"kubernetes:{content['apiVersion']}:{content['kind']}Patch", content


def _changed(change: Callable[[object], object]) -> Mutation:
    """The same resource with every leaf changed by a function."""

    def mutation(resource: Resource) -> Resource | None:
        inputs = leaves_changed(resource.props.value, change)
        # By text: 5 and 5.0 are equal.
        return None if repr(inputs) == repr(resource.props.value) else _of(resource, resource.token, inputs)

    return mutation


def leaves_changed(value: object, change: Callable[[object], object]) -> object:
    """A value with each of its leaves changed."""
    if isinstance(value, Mapping):
        return {key: leaves_changed(item, change) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [leaves_changed(item, change) for item in cast("Sequence[object]", value)]
    return change(value)


def _bool_as_text(leaf: object) -> object:
    return {True: "True", False: "FALSE"}[leaf] if isinstance(leaf, bool) else leaf


def _number_as_float(leaf: object) -> object:
    return float(leaf) if isinstance(leaf, int) and not isinstance(leaf, bool) else leaf


def _bool_marked(leaf: object) -> object:
    """As proxies of the engine and exports mark what is secret."""
    return {_SIGNATURE: _SECRET, "value": leaf} if isinstance(leaf, bool | int | str) else leaf


def _as_secret(resource: Resource) -> Resource | None:
    inputs = leaves_changed(resource.props.value, _bool_marked)
    changed = resource_of(resource.token, resource.urn, inputs, options=resource.options, provider=resource.provider)
    return changed if is_known(resource.props.value) else None


def _world_of_ipv6(leaf: object) -> object:
    return "::/0" if leaf == "0.0.0.0/0" else leaf


def _world_padded(leaf: object) -> object:
    return "0.0.0.0/00" if leaf == "0.0.0.0/0" else leaf


def _world_in_halves(resource: Resource) -> Resource | None:
    inputs = _halved(resource.props.value)
    return None if inputs == resource.props.value else _of(resource, resource.token, inputs)


def _halved(value: object) -> object:
    if isinstance(value, Mapping):
        return {key: _halved(item) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        items = cast("Sequence[object]", value)
        return [half for item in items for half in _halves(item)]
    return value


def _halves(item: object) -> Iterator[object]:
    if item == "0.0.0.0/0":
        yield from ("0.0.0.0/1", "128.0.0.0/1")
    else:
        yield _halved(item)


def _under_another_token(pattern: str, replacement: str) -> Mutation:
    def mutation(resource: Resource) -> Resource | None:
        token = re.sub(pattern, replacement, resource.token)
        return None if token == resource.token else _of(resource, token, resource.props.value)

    return mutation


def _document_as_text(resource: Resource) -> Resource | None:
    return _documents(resource, lambda item: json.dumps(item) if is_known(item) and _has_statements(item) else item)


def _document_as_object(resource: Resource) -> Resource | None:
    return _documents(resource, lambda item: _parsed(item) if _has_statements(_parsed(item)) else item)


def _documents(resource: Resource, change: Callable[[object], object]) -> Resource | None:
    """The same resource with its IAM documents changed, which stand below a property or in a list of them."""
    if not resource.token.startswith("aws:"):
        return None
    inputs = _each_below(resource.props.value, change)
    return None if inputs == resource.props.value else _of(resource, resource.token, inputs)


def _each_below(value: object, change: Callable[[object], object]) -> object:
    changed = change(value)
    if changed is not value:
        return changed
    if isinstance(value, Mapping):
        return {key: _each_below(item, change) for key, item in cast("Mapping[str, object]", value).items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_each_below(item, change) for item in cast("Sequence[object]", value)]
    return value


def _parsed(item: object) -> object:
    try:
        return json.loads(item) if isinstance(item, str) else item
    except ValueError:
        return item


def _has_statements(item: object) -> bool:
    return isinstance(item, Mapping) and "Statement" in item


def _spec_changed(kind: str, change: Callable[[Object], Object | None]) -> Mutation:
    def mutation(resource: Resource) -> Resource | None:
        content = kubernetes_object(resource)
        if content is None or resource.kind != kind or not isinstance(content.get("spec"), Mapping):
            return None
        spec = change(content["spec"])
        return None if spec is None else _of(resource, resource.token, {**content, "spec": spec})

    return mutation


def _tls_of(spec: Object) -> object:
    policy = spec.get("trafficPolicy")
    return cast("Object", policy).get("tls") if isinstance(policy, Mapping) else None


def _without_tls(spec: Object) -> dict[str, Any]:
    policy = {name: part for name, part in spec["trafficPolicy"].items() if name != "tls"}
    return {**spec, "trafficPolicy": policy}


def _tls_of_subset(spec: Object) -> Object | None:
    if (tls := _tls_of(spec)) is None or "subsets" in spec:
        return None
    subsets = [{"name": "v1"}, {"name": "v2", "trafficPolicy": {"tls": tls}}]
    return {**_without_tls(spec), "subsets": subsets}


def _tls_of_port(spec: Object) -> Object | None:
    if (tls := _tls_of(spec)) is None or "portLevelSettings" in spec["trafficPolicy"]:
        return None
    moved = _without_tls(spec)
    moved["trafficPolicy"]["portLevelSettings"] = [{"port": {"number": 443}, "tls": tls}]
    return moved


def _tls_of_port_of_subset(spec: Object) -> Object | None:
    if (tls := _tls_of(spec)) is None or "subsets" in spec:
        return None
    ports = [{"port": {"number": 443}, "tls": tls}]
    return {**_without_tls(spec), "subsets": [{"name": "v1", "trafficPolicy": {"portLevelSettings": ports}}]}


def _rules_behind_another(spec: Object) -> Object | None:
    if not isinstance(rules := spec.get("rules"), list) or not rules or spec.get("action", "ALLOW") != "ALLOW":
        return None
    first = {"from": [{"source": {"principals": ["use1.mesh.example/ns/other/sa/other"]}}]}
    return {**spec, "rules": [first, *rules]}


def keys_reversed(value: object) -> object:
    """A value with the keys of every object in the opposite order."""
    if isinstance(value, Mapping):
        named = cast("Mapping[str, object]", value)
        return {key: keys_reversed(named[key]) for key in reversed(list(named))}
    if isinstance(value, list):
        return [keys_reversed(item) for item in cast("list[object]", value)]
    return value


def _in_another_order(resource: Resource) -> Resource:
    return _of(resource, resource.token, keys_reversed(resource.props.value))


_WORD = re.compile(r"^[A-Z][A-Za-z_]{2,40}$")
_NAMES = frozenset({"apiVersion", "kind"})


def in_other_cases(resource: Resource) -> Iterator[tuple[str, Resource]]:
    """The resource with one of its words in small letters, and in capitals, each by itself: `permissive`, `strict`."""
    for path, word in _words(resource.props.value):
        for other in sorted({word.lower(), word.upper(), word.capitalize()} - {word}):
            yield word, _of(resource, resource.token, _with(resource.props.value, path, other))


def _words(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[tuple[str | int, ...], str]]:
    """Where words stand that look like those of an enumeration; kinds are names of things."""
    if isinstance(value, Mapping):
        for key, item in cast("Mapping[str, object]", value).items():
            if key not in _NAMES:
                yield from _words(item, (*path, key))
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for index, item in enumerate(cast("Sequence[object]", value)):
            yield from _words(item, (*path, index))
    elif isinstance(value, str) and _WORD.match(value):
        yield path, value


def _with(value: object, path: tuple[str | int, ...], word: str) -> object:
    if not path:
        return word
    if isinstance(value, Mapping):
        named = cast("Mapping[str, object]", value)
        return {key: _with(item, path[1:], word) if key == path[0] else item for key, item in named.items()}
    items = cast("Sequence[object]", value)
    return [_with(item, path[1:], word) if index == path[0] else item for index, item in enumerate(items)]


_DESTINATION_RULE = "networking.istio.io/DestinationRule"
_AUTHORIZATION_POLICY = "security.istio.io/AuthorizationPolicy"

MUTATIONS: Mapping[str, Mutation] = {
    "in a List": _wrapped(_in_list),
    "in a List of Lists": _wrapped(_in_list_of_lists),
    "in a List of its own kind": _wrapped(_in_own_list, lists=False),
    "as text": _wrapped(_as_text, needs_known=True),
    "as JSON text": _wrapped(_as_json_text, needs_known=True),
    "as text with aliases": _wrapped(_as_text_with_aliases, needs_known=True),
    "as merged text": _wrapped(_as_merged_text, needs_known=True),
    "as text of an editor": _wrapped(_as_text_of_an_editor, needs_known=True),
    "as an object of a ConfigGroup": _wrapped(_as_object),
    "under a foreign token": _wrapped(_under_foreign_token),
    "under the token of a List": _wrapped(_under_foreign_list_token),
    "of another version": _wrapped(_of_another_version),
    "as a Patch": _wrapped(_as_patch, lists=False),
    "bools as texts": _changed(_bool_as_text),
    "numbers as floats": _changed(_number_as_float),
    "all leaves secret": _as_secret,
    "keys in another order": _in_another_order,
    "the internet of IPv6": _changed(_world_of_ipv6),
    "the internet with a zero more": _changed(_world_padded),
    "the internet in halves": _world_in_halves,
    "documents as texts": _document_as_text,
    "documents as objects": _document_as_object,
    "Azure's token of a version": _under_another_token("^(azure-native:[a-z]+):", r"\1/v20230101:"),
    "AWS's older token of a bucket": _under_another_token(
        "^aws:s3/(bucket|bucketVersioning):(Bucket|BucketVersioning)$", r"aws:s3/\1V2:\2V2"
    ),
    "AWS's older token of a load balancer": _under_another_token("^aws:lb/", "aws:alb/"),
    "tls of a subset": _spec_changed(_DESTINATION_RULE, _tls_of_subset),
    "tls of a port": _spec_changed(_DESTINATION_RULE, _tls_of_port),
    "tls of a port of a subset": _spec_changed(_DESTINATION_RULE, _tls_of_port_of_subset),
    "rules behind another": _spec_changed(_AUTHORIZATION_POLICY, _rules_behind_another),
}
