"""Label selectors of Kubernetes, decided on labels that are known."""

from collections.abc import Mapping
from typing import Final

from meshfed.rules.node import Node, WrongTypeError


def selects(selector: Node, labels: Mapping[str, str]) -> bool:
    """Whether a selector takes an object with these labels; an empty one takes all. Raises UndecidedError."""
    pairs = selector["matchLabels"].entries()
    return all(labels.get(name) == node.text() for name, node in pairs) and all(
        _holds(one, labels) for one in selector["matchExpressions"].items()
    )


OF_EVERY_NAMESPACE: Final = "kubernetes.io/metadata.name"
"""Label that the API server gives every namespace."""


def takes_nearly_all(selector: Node) -> bool:
    """Whether a selector names nothing that an object must have. Raises UndecidedError."""
    expressions = selector["matchExpressions"].items()
    return selector["matchLabels"].is_absent and all(map(_asks_for_nothing, expressions))


def _asks_for_nothing(expression: Node) -> bool:
    operator = expression["operator"].text()
    is_of_all = operator == "Exists" and expression["key"].text() == OF_EVERY_NAMESPACE
    return is_of_all or operator in ("NotIn", "DoesNotExist")


def _holds(expression: Node, labels: Mapping[str, str]) -> bool:
    key, values = expression["key"].text(), expression["values"].texts()
    match expression["operator"].text():
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
        case _:
            raise WrongTypeError(expression["operator"].path, "In, NotIn, Exists or DoesNotExist", expression.urn)
