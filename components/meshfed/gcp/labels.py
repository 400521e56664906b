"""Tags as Google Cloud writes them: labels of a small alphabet."""

import re
from collections.abc import Mapping

from meshfed.errors import Fault, PlanError
from meshfed.values import physical_name

LABEL_LIMIT = 63
"""Characters of a label's key and of its value (https://cloud.google.com/resource-manager/docs/labels-overview)."""


def labels(where: str, tags: Mapping[str, str]) -> dict[str, str]:
    """Tags as labels: lower case, every character that a label may not hold becomes an underscore.

    >>> labels("regions.use4", {"Owner": "platform@acme.example", "cost-center": "mesh"})
    {'owner': 'platform_acme_example', 'cost-center': 'mesh'}

    Raises PlanError where two tags would become one label.
    """
    made: dict[str, str] = {}
    origins: dict[str, str] = {}
    for key, value in tags.items():
        label = _within_limit(_key(key))
        if label in made:
            wanted = f"becomes the label {label}, as {origins[label]} does;"
            raise PlanError(where, [Fault(f"{where}.tags", key, wanted, "Rename one of them.")])
        made[label], origins[label] = _within_limit(_alphabet(value)), key
    return made


def _key(key: str) -> str:
    name = _alphabet(key)
    return name if name[:1].isalpha() else f"tag-{name}"


def _alphabet(text: str) -> str:
    return re.sub(r"[^a-z0-9_-]", "_", text.lower())


def _within_limit(text: str) -> str:
    return physical_name(LABEL_LIMIT, text)
