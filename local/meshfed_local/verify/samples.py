"""Made-up configurations for asking a provider what a change of one property would replace.

Nothing here is deployed or validated; a provider's plan takes any value whose form it can read.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from meshfed_local.verify.schema import Block, NestedBlock, Nesting, ValueType, empty, empty_of, fields_of, kind

_TEXTS: Final[Sequence[tuple[str, tuple[str, str]]]] = (
    ("persist_routes", ("enable", "disable")),
    ("http_endpoint", ("enabled", "disabled")),
    ("http_tokens", ("required", "optional")),
    ("instance_metadata_tags", ("enabled", "disabled")),
    ("peer_liveness_detection", ("bfd", "bgp-keepalive")),
    ("minimum_object_size", ("varies_by_storage_class", "all_storage_classes_128K")),
    ("date", ("2030-01-01T00:00:00Z", "2031-01-01T00:00:00Z")),
    ("ipv6_cidr", ("2001:db8:0:1::/64", "2001:db8:0:2::/64")),
    ("cidr", ("10.1.0.0/16", "10.2.0.0/16")),
    ("ip_range", ("10.1.0.0/16", "10.2.0.0/16")),
    ("policy_data", ('{"bindings":[]}', '{"bindings":[{"role":"roles/viewer"}]}')),
    ("policy", ('{"Statement":[],"Version":"2012-10-17"}', '{"Statement":[{"Sid":"b"}],"Version":"2012-10-17"}')),
    ("arn", ("arn:aws:iam::123456789012:role/sample-a", "arn:aws:iam::123456789012:role/sample-b")),
    ("availability_zone", ("us-east-1a", "us-east-1b")),
    ("version", ("1.31", "1.32")),
    ("zone", ("europe-west3-a", "europe-west3-b")),
    ("region", ("europe-west3", "europe-west4")),
    ("", ("sample-a", "sample-b")),
)
"""Part of a property's name -> two texts of the form that a provider reads; the first that fits counts."""


def text(name: str, variant: int) -> str:
    """One of two texts of the form that a property of this name has.

    >>> text("cidr_block", 1)
    '10.2.0.0/16'
    """
    return next(pair for part, pair in _TEXTS if part in name)[variant]


def sample(value_type: ValueType, name: str, variant: int) -> Any:
    """One of two values of a type."""
    match kind(value_type):
        case "string":
            return text(name, variant)
        case "number":
            return 20 + variant
        case "bool":
            return variant == 0
        case "list" | "set":
            return [sample(value_type[1], name, variant)]
        case "map":
            return {"key": sample(value_type[1], name, variant)}
        case "object":
            return {key: sample(item, key, variant) for key, item in fields_of(value_type).items()}
        case other:
            raise ValueError(f"{name}: no sample for a value of type {other}")


_CONTEXTS: Final[Mapping[str, Mapping[str, Any]]] = {
    # The provider's plan refuses to say anything about these types without the following.
    "google_compute_firewall": {"source_ranges": ["10.0.0.0/8"]},
    "google_compute_region_backend_service": {"load_balancing_scheme": "INTERNAL_MANAGED"},
    "google_compute_router": {"bgp.advertise_mode": "CUSTOM"},
}
"""Provider type -> path without positions -> value that stands beside whatever is asked about."""


class Sampler:
    """Makes configurations of one resource type."""

    def __init__(self, type_name: str, block: Block) -> None:
        self._block = block
        self._context = _CONTEXTS.get(type_name, {})

    def with_value(self, names: Sequence[str], variant: int | None) -> dict[str, Any]:
        """The minimal configuration with one property given a value; None leaves it out, its parents stay."""
        return self._with_value(self._block, names, variant, "")

    def _minimal(self, block: Block, path: str) -> dict[str, Any]:
        """A configuration in which only what must be set is set."""
        out = empty(block)
        for name, attribute in block.attributes.items():
            if attribute.required:
                out[name] = sample(attribute.type, name, 0)
            if path + name in self._context:
                out[name] = self._context[path + name]
        for name, nested in block.blocks.items():
            if nested.min_items:
                out[name] = _one(nested, self._minimal(nested.block, f"{path}{name}."))
        return out

    def _with_value(self, block: Block, names: Sequence[str], variant: int | None, path: str) -> dict[str, Any]:
        out = self._minimal(block, path)
        name, rest = names[0], names[1:]
        nested = block.blocks.get(name)
        if nested is None:
            # A part of an object attribute: the object is given whole, its members follow the variant.
            out[name] = None if variant is None else sample(block.attributes[name].type, name, variant)
        elif rest:
            out[name] = _one(nested, self._with_value(nested.block, rest, variant, f"{path}{name}."))
        elif variant is None:
            out[name] = empty_of(nested)
        else:
            out[name] = _one(nested, self._minimal(nested.block, f"{path}{name}."))
        return out


def _one(nested: NestedBlock, item: Mapping[str, Any]) -> Any:
    if nested.nesting in (Nesting.LIST, Nesting.SET):
        return [item]
    return {"key": item} if nested.nesting is Nesting.MAP else item
