"""Documents of a YAML text, read as a cluster reads them: YAML 1.1, and no key twice."""

from collections.abc import Hashable
from typing import Any, Final, cast

import yaml

from meshfed.rules.plain import DEEPEST, Plain, UnreadableError, plain

LARGEST: Final = 32 * 1024 * 1024
"""Characters of one text; a cluster's own limit for an object is 1.5 MiB."""
SHALLOW: Final = 10_000
"""Characters of a text that cannot be nested so deeply that reading it ends the whole process."""
_Base: Final = cast("type[yaml.SafeLoader]", getattr(yaml, "CSafeLoader", yaml.SafeLoader))


class _Loader(_Base):
    """Refuses a key that stands twice: readers differ in which of the two counts."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the signature of PyYAML
        seen: set[str] = set()
        for key, _ in node.value:
            word = str(key.value)
            if word in seen and key.tag != "tag:yaml.org,2002:merge":
                raise yaml.constructor.ConstructorError(None, None, f"key {word} stands twice", key.start_mark)
            seen.add(word)
        return super().construct_mapping(node, deep=deep)


def documents(text: str) -> list[Plain]:
    """The documents that are not empty; raises UnreadableError where the text is no YAML or too large."""
    if len(text) > LARGEST:
        raise UnreadableError(f"holds more than {LARGEST // 1024 // 1024} MiB of text; split it.")
    try:
        _refuse_depth(text)
        found = list(yaml.load_all(text, Loader=_Loader))
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        where = f"line {mark.line + 1}, column {mark.column + 1}: " if mark else ""
        raise UnreadableError(f"is not YAML: {where}{error.problem or 'broken'}.") from error
    except yaml.YAMLError as error:
        raise UnreadableError(f"is not YAML: {str(error).partition(chr(10))[0]}.") from error
    except (ValueError, RecursionError) as error:
        raise UnreadableError("holds a value that YAML cannot make, or is nested too deeply.") from error
    return [plain(document) for document in found if document is not None]


def _refuse_depth(text: str) -> None:
    """Counts levels by events, which no depth can harm; the loader itself would go down on the machine's stack."""
    if len(text) <= SHALLOW:
        return
    events, depth = cast("Any", _Base(text)), 0
    while events.check_event():
        event = events.get_event()
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            raise UnreadableError(f"is nested deeper than {DEEPEST} levels; nothing that a cluster takes is.")
