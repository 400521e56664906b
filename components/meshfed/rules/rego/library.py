"""What all Rego modules of the bundle share, as Rego: how a value is read, and which part of an object a kind means.

It says again what `node.py`, `statement.py` and `forms/kubernetes.py` do in Python; the bundle's tests give both the
same cases.
"""

import json
from typing import Final

from meshfed.rules.forms.kubernetes import TEMPLATES

PACKAGE: Final = "lib.meshfed"
"""Gatekeeper takes libraries only below `lib`."""

_CODE: Final = r"""# Values as the gate reads them, and the parts of an object that its rules judge.
package lib.meshfed

# Where objects hold the pod that they make.
templates := @TEMPLATES@

kind_of(resource) := sprintf("%s/%s", [split(resource.apiVersion, "/")[0], resource.kind]) if {
	contains(resource.apiVersion, "/")
}

kind_of(resource) := sprintf("core/%s", [resource.kind]) if not contains(resource.apiVersion, "/")

# What a kind means in an object, each with the path that its findings begin with.
parts(resource, kind) := [{"object": resource, "path": ""} | kind_of(resource) == kind] if kind != "pod"

parts(resource, "pod") := [{"object": in_its_namespace(pod, resource), "path": path} |
	steps := templates[kind_of(resource)]
	pod := object.get(resource, steps, null)
	is_object(pod)
	path := concat("", [sprintf(".%s", [step]) | some step in steps])
]

# Of a template, only what makes pods of it says in which namespace they will be.
in_its_namespace(pod, resource) := object.union(pod, {"metadata": {"namespace": resource.metadata.namespace}}) if {
	is_object(object.get(pod, "metadata", {}))
	resource.metadata.namespace
}

in_its_namespace(pod, _) := pod if not is_object(object.get(pod, "metadata", {}))

in_its_namespace(pod, resource) := pod if {
	is_object(object.get(pod, "metadata", {}))
	not resource.metadata.namespace
}

parameter(given, name, usual) := listed(object.get(given, ["parameters", name], usual))

listed(value) := value if is_array(value)

listed(value) := [value] if not is_array(value)

# A member of a member; null where there is none.
at(value, steps) := object.get(value, steps, null) if is_object(value)

at(value, _) := null if not is_object(value)

# The members of a list, each with its place; a single value stands for a list of one.
items(value) := [{"value": item, "place": sprintf("[%d]", [index])} | some index, item in value] if is_array(value)

items(null) := []

items(value) := [{"value": value, "place": ""}] if {
	not is_array(value)
	value != null
}

entries(value) := value if is_object(value)

absent(null)

# Gatekeeper's OPA cannot index `value in [...]` with lists and objects: it panics.
absent(value) if count(value) == 0

# A missing value is taken for the usual one; where there is none either, it is none of those that are looked for.
one_of(value, wanted, usual) if text(fallback(value, usual)) in {text(one) | some one in wanted}

one_of_flags(value, wanted, usual) if flag(fallback(value, usual)) in wanted

matches(value, pattern, usual) if regex.match(pattern, text(fallback(value, usual)))

below(value, limit) if number(value) < limit

fallback(null, usual) := usual

fallback(value, _) := value if value != null

text(value) := value if is_string(value)

text(value) := sprintf("%v", [value]) if is_boolean(value)

text(value) := sprintf("%v", [value]) if is_number(value)

flag(value) := value if is_boolean(value)

flag(value) if lower(trim_space(text(value))) in {"true", "1", "yes", "on"}

flag(value) := false if lower(trim_space(text(value))) in {"false", "0", "no", "off", ""}

number(value) := value if is_number(value)

number(value) := to_number(trim_space(value)) if is_string(value)

# Places at which a value is not of the type that a rule reads there.
mistyped(resource, steps, type) := {place |
	some [path, value] in [found | walk(resource, found)]
	leads(path, steps)
	value != null
	not has_type(value, wanted(steps, count(path) + lists_of_one(value, steps, count(path)), type))
	place := concat("", [step(one) | some one in path])
}

leads(path, steps) if {
	count(path) <= count(steps)
	every index, one in path {
		fits(one, steps[index])
	}
}

fits(one, wanted) if one == wanted

fits(one, "[]") if is_number(one)

fits(one, "{}") if is_string(one)

# A single value stands for a list of one, and has the type of the list's members.
lists_of_one(value, steps, depth) := 1 if {
	steps[depth] == "[]"
	not is_array(value)
} else := 0

wanted(steps, depth, type) := type if depth == count(steps)

wanted(steps, depth, _) := "any" if steps[depth] == "[]"

wanted(steps, depth, _) := "an object" if {
	depth < count(steps)
	steps[depth] != "[]"
}

has_type(_, "any")

has_type(value, "an object") if is_object(value)

has_type(value, "a text") if text(value) == text(value)

has_type(value, "true or false") if flag(value) == flag(value)

has_type(value, "a number") if number(value) == number(value)

# A step of a path as a finding writes it.
step(index) := sprintf("[%d]", [index]) if is_number(index)

step(name) := sprintf(".%s", [name]) if {
	is_string(name)
	regex.match(`^[A-Za-z_][A-Za-z0-9_-]*$`, name)
}

step(name) := sprintf("[%q]", [name]) if {
	is_string(name)
	not regex.match(`^[A-Za-z_][A-Za-z0-9_-]*$`, name)
}

# What Gatekeeper and others take: one text, and the same in parts.
finding(rule, places, message) := {
	"msg": sprintf("%s %s%s. %s", [rule.id, shown(path), message, rule.mend]),
	"details": {"id": rule.id, "path": path, "message": message},
} if {
	path := trim_prefix(concat("", places), ".")
}

shown("") := ""

shown(path) := sprintf("%s: ", [path]) if path != ""
"""


def library() -> str:
    """The library's text."""
    lines = (f"\t{json.dumps(kind)}: {json.dumps(list(steps))},\n" for kind, steps in sorted(TEMPLATES.items()))
    return _CODE.replace("@TEMPLATES@", f"{{\n{''.join(lines)}}}")
