"""The forms of names, labels, ports, images and quantities that an API server or a node accepts.

Each function gives what is wanted when the text does not have the form, else None.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

_LABEL: Final = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_RFC1123_LABEL: Final = re.compile(_LABEL)
_RFC1035_LABEL: Final = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_SUBDOMAIN: Final = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_NAME_PART: Final = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?")
_PORT_NAME: Final = re.compile(r"(?!.*--)(?=.*[a-z])[a-z0-9]([a-z0-9-]*[a-z0-9])?")
_KEY: Final = re.compile(r"[-._a-zA-Z0-9]+")
_QUANTITY: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([KMGTPE]i|[numkMGTPE]|[eE][+-]?\d+)?")
_UNITS: Final[Mapping[str, Decimal]] = {
    "": Decimal(1),
    **{f"{name}i": Decimal(1024) ** power for power, name in enumerate("KMGTPE", start=1)},
    **{name: Decimal(1000) ** power for power, name in enumerate("kMGTPE", start=1)},
    **{name: Decimal(1000) ** -power for power, name in enumerate("mun", start=1)},
}
_SHARE: Final = re.compile(r"[0-9]+%")
_REPOSITORY_PART: Final = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_HOST: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\.?)+(?::[0-9]+)?"
_IMAGE: Final = re.compile(
    rf"(?:{_HOST}/)?{_REPOSITORY_PART}(?:/{_REPOSITORY_PART})*(?::[\w][\w.-]{{0,127}})?(?P<digest>@[^@]*)?"
)
_DIGEST: Final = re.compile(r"@sha256:[0-9a-f]{64}")
_LONGEST_LABEL: Final = 63
_LONGEST_SUBDOMAIN: Final = 253
_LONGEST_PORT_NAME: Final = 15
LAST_PORT: Final = 65535


def label(text: str) -> str | None:
    """RFC 1123 label: namespaces, containers, volumes."""
    if len(text) <= _LONGEST_LABEL and _RFC1123_LABEL.fullmatch(text):
        return None
    return f"at most {_LONGEST_LABEL} lower-case letters, digits and inner hyphens (RFC 1123 label)"


def service(text: str) -> str | None:
    """RFC 1035 label: a service's name becomes a host name."""
    if len(text) <= _LONGEST_LABEL and _RFC1035_LABEL.fullmatch(text):
        return None
    return f"at most {_LONGEST_LABEL} lower-case letters, digits and inner hyphens, a letter first (RFC 1035 label)"


def subdomain(text: str) -> str | None:
    """RFC 1123 subdomain: the name of most objects."""
    if len(text) <= _LONGEST_SUBDOMAIN and _SUBDOMAIN.fullmatch(text):
        return None
    return f"at most {_LONGEST_SUBDOMAIN} lower-case letters, digits, inner hyphens and dots (RFC 1123 subdomain)"


def path_segment(text: str) -> str | None:
    """The name of a role or binding: anything that can stand in a URL's path."""
    if text and text not in {".", ".."} and not set(text) & {"/", "%"}:
        return None
    return "a name without `/` and `%`"


def label_value(text: str) -> str | None:
    """The value of a label."""
    if not text or (len(text) <= _LONGEST_LABEL and _NAME_PART.fullmatch(text)):
        return None
    return f"at most {_LONGEST_LABEL} letters, digits and inner `-`, `_`, `.`"


def label_key(text: str) -> str | None:
    """The key of a label or annotation: a name, with a subdomain and a slash before it or without."""
    prefix, slash, name = text.rpartition("/")
    good = len(name) <= _LONGEST_LABEL and _NAME_PART.fullmatch(name) and (not slash or subdomain(prefix) is None)
    return None if good else f"`name` or `sub.domain/name`, the name at most {_LONGEST_LABEL} characters"


def data_key(text: str) -> str | None:
    """A key of a ConfigMap or Secret: it may become a file's name."""
    if len(text) <= _LONGEST_SUBDOMAIN and _KEY.fullmatch(text) and text != "." and not text.startswith(".."):
        return None
    return f"at most {_LONGEST_SUBDOMAIN} letters, digits, `-`, `_`, `.`"


def port(value: Any) -> str | None:
    """The number of a port."""
    if isinstance(value, int) and 1 <= value <= LAST_PORT:
        return None
    return f"a port from 1 to {LAST_PORT}"


def port_name(text: str) -> str | None:
    """The name of a container's port (IANA service name)."""
    if len(text) <= _LONGEST_PORT_NAME and _PORT_NAME.fullmatch(text):
        return None
    return f"at most {_LONGEST_PORT_NAME} lower-case letters, digits and single inner hyphens, one letter at least"


def quantity(value: Any) -> str | None:
    """An amount of processor, memory or storage."""
    if not isinstance(value, bool) and _QUANTITY.fullmatch(str(value)):
        return None
    return "a quantity such as 500m, 2, 256Mi, 10Gi"


def amount(value: Any) -> Decimal | None:
    """How much a quantity is, in its plain unit; None for what is none."""
    found = None if isinstance(value, bool) else _QUANTITY.fullmatch(str(value))
    if found is None:
        return None
    text, unit = str(value), found[3] or ""
    number = Decimal(text.removesuffix(unit))
    if unit[:1] in {"e", "E"} and unit != "E":
        return number.scaleb(int(unit[1:]))
    return number * _UNITS[unit]


def is_share(text: str) -> bool:
    """Whether a text is a share of all, such as 25%; it may be more than all."""
    return _SHARE.fullmatch(text) is not None


def image(text: str) -> str | None:
    """A container's image: registry/repository:tag@digest."""
    found = _IMAGE.fullmatch(text)
    if found is None:
        return "registry/repository:tag@sha256:digest, the repository in lower case"
    if found["digest"] and not _DIGEST.fullmatch(found["digest"]):
        return "a digest of the form @sha256: and 64 hexadecimal digits in lower case"
    return None


def is_pinned(image_text: str) -> bool:
    """Whether an image is named by what it holds, so that nobody can put another one in its place."""
    found = _IMAGE.fullmatch(image_text)
    return bool(found and found["digest"] and _DIGEST.fullmatch(found["digest"]))
