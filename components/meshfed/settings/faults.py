"""Turns what pydantic found into faults: path, value, what is wanted and a proposal."""

from collections.abc import Iterator, Mapping, Sequence
from difflib import get_close_matches
from ipaddress import IPv4Network
from types import UnionType
from typing import Annotated, Any, Literal, Union, cast, get_args, get_origin

from pydantic import BaseModel, ValidationError

from meshfed.errors import Fault
from meshfed.settings.patterns import WORDS

SHOWN = 60
"""Longest value that a message repeats, in characters."""
EMPTY_KEY = '""'
"""How a path shows a key that is empty."""
_MAPPING, _LIST, _WHOLE = "a mapping is wanted: KEY: VALUE", "a list is wanted", "a whole number is wanted"
_DAY = "a day is wanted: YYYY-MM-DD"
_NUMBER, _BOOLEAN = "a number is wanted", "true or false is wanted"
_WANTED = {
    "model_type": _MAPPING,
    "model_attributes_type": _MAPPING,
    "dict_type": _MAPPING,
    "tuple_type": _LIST,
    "list_type": _LIST,
    "int_type": _WHOLE,
    "int_parsing": _WHOLE,
    "int_from_float": _WHOLE,
    "float_type": _NUMBER,
    "float_parsing": _NUMBER,
    "finite_number": "a finite number is wanted",
    "bool_type": _BOOLEAN,
    "bool_parsing": _BOOLEAN,
    "string_type": "text is wanted",
    "string_too_short": "at least {min_length} characters are wanted",
    "string_too_long": "at most {max_length} characters are wanted",
    "too_short": "at least {min_length} are wanted",
    "too_long": "at most {max_length} are wanted",
    "greater_than": "must be more than {gt:g}",
    "greater_than_equal": "must be {ge:g} or more",
    "less_than_equal": "must be {le:g} or less",
    "date_type": _DAY,
    "date_parsing": _DAY,
    "date_from_datetime_parsing": _DAY,
    "date_from_datetime_inexact": _DAY,
    "ip_v4_address": "an IPv4 address is wanted",
}
"""What is wanted, by pydantic's kinds of errors; its own words are those of Python and not of the file."""
_TEXT_MAY_HOLD_SECRETS = ("extra_ca", "proxy", "offline_key")


def faults_of(error: ValidationError, model: type[BaseModel]) -> list[Fault]:
    """Every fault of a file, in the order of the file."""
    details = [cast("Mapping[str, Any]", detail) for detail in error.errors(include_url=False)]
    return [_fault(detail, model) for detail in details if not _only_follows(detail, details)]


def nearest(word: str, words: Sequence[str]) -> str:
    """A proposal in words: the most similar of `words`, or all of them where few; empty where there is none."""
    close = get_close_matches(word, words, n=1)
    if close:
        return f"Did you mean {close[0]}?"
    return f"Choose one of {', '.join(sorted(words))}." if words and len(words) <= 40 else ""


def shown(value: object) -> str:
    """A value as a message shows it: short, and nothing of a mapping or list."""
    if value is None or isinstance(value, Mapping | list | tuple):
        return ""
    if isinstance(value, bool):
        return str(value).lower()
    text = next(iter(str(value).splitlines()), "")
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"


def _only_follows(detail: Mapping[str, Any], details: Sequence[Mapping[str, Any]]) -> bool:
    """Whether a list is told to be too short only because what is wrong in it was not counted."""
    location = detail["loc"]
    inner = (one["loc"] for one in details if len(one["loc"]) > len(location))
    return detail["type"] == "too_short" and any(one[: len(location)] == location for one in inner)


def _fault(detail: Mapping[str, Any], model: type[BaseModel]) -> Fault:
    location = cast("tuple[str | int, ...]", detail["loc"])
    kind = cast("str", detail["type"])
    parts, fields, here = _walk(location, model)
    path = _path(parts)
    value = "" if any(part in _TEXT_MAY_HOLD_SECRETS for part in parts) else shown(detail["input"])
    match kind:
        case "extra_forbidden":
            return Fault(path, "", "is not a setting.", nearest(str(parts[-1]), fields))
        case "missing":
            return Fault(path, "", "is missing.", "Give it.")
        case "union_tag_not_found" | "union_tag_invalid":
            return _tag_fault(path, detail, here)
        case "enum" | "literal_error":
            expected = cast("str", detail["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
            return Fault(path, value, f"must be one of {expected}.", _close(value, expected.split(", ")))
        case "too_short" if path == "regions":
            return Fault(path, "", "a federation has at least two regions.", "Add a region.")
        case "ip_v4_network":
            return Fault(path, value, "an IPv4 range is wanted.", _range(value))
        case "int_type" if isinstance(detail["input"], str):
            return Fault(path, value, f"{_sentence(detail)}.", "Take the quotes off.")
        case "string_type" | "invalid_key" if kind == "invalid_key" or location[-1] == "[key]":
            return Fault(path, "", "a key is text.", "Put it in quotes.")
        case "string_type" if value:
            return Fault(path, value, f"{_sentence(detail)}.", "Put it in quotes.")
        case _:
            return Fault(path, value, f"{_sentence(detail)}.", "")


def _tag_fault(path: str, detail: Mapping[str, Any], here: Sequence[Any]) -> Fault:
    context = cast("Mapping[str, str]", detail.get("ctx", {}))
    name = context["discriminator"].strip("'").removeprefix("Discriminator(").rstrip(")").strip("'")
    where = f"{path}.{name}"
    tags = [tag for one in here for tag in _tags(one, name)]
    if detail["type"] == "union_tag_not_found":
        return Fault(where, "", "is missing.", f"Give one of {', '.join(tags)}.")
    tag = context["tag"]
    return Fault(where, tag, f"must be one of {', '.join(tags)}.", _close(tag, tags))


def _close(word: str, words: Sequence[str]) -> str:
    close = get_close_matches(word, words, n=1)
    return f"Did you mean {close[0]}?" if close else ""


def _range(text: str) -> str:
    try:
        return f"Did you mean {IPv4Network(text, strict=False)}?"
    except ValueError:
        return "Write it as 10.0.0.0/16."


def _sentence(detail: Mapping[str, Any]) -> str:
    if detail["type"] == "string_pattern_mismatch":
        return WORDS[cast("str", detail["ctx"]["pattern"])]
    wanted = _WANTED.get(cast("str", detail["type"]))
    if wanted is not None:
        return wanted.format_map(cast("Mapping[str, Any]", detail.get("ctx", {})))
    message = cast("str", detail["msg"]).removeprefix("Value error, ")
    return message[:1].lower() + message[1:]


def _path(parts: Sequence[str | int]) -> str:
    text = ""
    for part in parts:
        named = part or EMPTY_KEY
        text += f"[{part}]" if isinstance(part, int) else f".{named}" if text else str(named)
    return text


def _walk(location: Sequence[str | int], model: type[BaseModel]) -> tuple[list[str | int], list[str], list[Any]]:
    """The path as the file has it, without union tags; the settings that the last mapping knows; its types."""
    here: list[Any] = [model]
    parts: list[str | int] = []
    fields: list[str] = []
    for step in location:
        models = [one for one in here if isinstance(one, type) and issubclass(one, BaseModel)]
        if len(models) > 1 and (tagged := _tagged(models, step)):
            here = [tagged]
            continue
        if step == "[key]":
            continue
        fields = sorted({name for one in models for name in one.model_fields})
        # A number is a position in a list and a key of a mapping.
        parts.append(step if isinstance(step, int) and any(get_origin(one) is tuple for one in here) else str(step))
        here = [inner for one in here for inner in _step(one, step)]
    return parts, fields, here


def _tagged(models: Sequence[type[BaseModel]], tag: str | int) -> type[BaseModel] | None:
    for model in models:
        if any(tag in _tags(model, name) for name in model.model_fields):
            return model
    return None


def _tags(model: Any, field: str) -> list[str]:
    """The values that a field of a union's member may have; empty where it is no such field."""
    annotation = model.model_fields[field].annotation
    if get_origin(annotation) is not Literal:
        return []
    return [str(getattr(choice, "value", choice)) for choice in get_args(annotation)]


def _step(here: Any, step: str | int) -> Iterator[Any]:
    if isinstance(here, type) and issubclass(here, BaseModel):
        field = here.model_fields.get(str(step))
        if field is not None:
            yield from _alternatives(field.annotation)
        return
    for inner in get_args(here)[-1:] if get_origin(here) is dict else get_args(here)[:1]:
        yield from _alternatives(inner)


def _alternatives(annotation: Any) -> Iterator[Any]:
    origin = get_origin(annotation)
    if origin is Annotated:
        yield from _alternatives(get_args(annotation)[0])
    elif origin in {Union, UnionType}:
        for choice in get_args(annotation):
            yield from _alternatives(choice)
    else:
        yield annotation
