"""Who signs the tokens of an issuer: keys from the issuer itself, and none that were written beside it."""

import re
from collections.abc import Iterator
from typing import Final
from urllib.parse import unquote, urlsplit

from meshfed.rules.allowed import by_digest, is_object_allowed
from meshfed.rules.node import Finding, Node, each
from meshfed.rules.resource import Resource
from meshfed.settings.gate import GateParameters

_VERSION: Final = re.compile(r"/v[0-9][0-9.]*$")
"""What some issuers have at their end, and the address of their keys has not."""
_UNSURE: Final = re.compile(r"[\s\\#?@]")


def keys_are_the_issuers(resource: Resource, parameters: GateParameters) -> Iterator[Finding]:
    """Check: the keys of each issuer come from below its own address."""
    spec = resource.props["spec"]
    yield from each(spec["jwtRules"].items(), lambda rule: _keys(resource, spec, rule, parameters))


def _keys(resource: Resource, spec: Node, rule: Node, parameters: GateParameters) -> Iterator[Finding]:
    inline, address = rule["jwks"], rule["jwksUri"]
    # A key without TLS is refused as such.
    if not inline.is_absent:
        place, message = inline, "whoever wrote these keys signs tokens as the issuer; leave them out"
    elif not address.is_absent and _is_elsewhere(rule["issuer"].text(), address.text()):
        place, message = (
            address,
            "whoever has this address signs tokens as the issuer; leave it out, or name one below it",
        )
    else:
        return
    if not is_object_allowed(resource, spec, parameters):
        yield place.wrong(message + by_digest(spec, "the spec"))


def _is_elsewhere(issuer: str, address: str) -> bool:
    if address.lower().startswith("http://"):
        return False
    theirs, keys = urlsplit(issuer), urlsplit(address)
    below = _VERSION.sub("", theirs.path.rstrip("/"))
    path = unquote(keys.path)
    is_below = path.startswith(f"{below}/") and ".." not in path.split("/")
    is_sure = keys.scheme.lower() == "https" and not _UNSURE.search(address)
    is_same = bool(theirs.hostname) and keys.hostname == theirs.hostname and keys.port == theirs.port
    return not (is_sure and is_same and is_below)
