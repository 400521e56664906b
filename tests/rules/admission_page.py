"""The page that says which rules a cluster's admission can judge by, and what it does not see of the others."""

from meshfed.rules.rego.gatekeeper import admission
from meshfed.rules.rule import Rule
from meshfed.settings.gate import GateParameters

_ABOUT = """\
# The rules in a cluster's admission

`meshfed gate rego --out DIR [--config FILE]` writes what admission can judge by, from the very statements that the gate
judges by:

| folder | for |
|---|---|
| `gatekeeper/` | Gatekeeper (tested with 3.23.1; its templates are Rego v1) |
| `rego/` | OPA (tested with 1.22.0): an object, a list of objects, a List or an AdmissionReview |
| `admission.json` | programs: the table below |

```
kubectl apply -f DIR/gatekeeper/templates      # and when these are established:
kubectl apply -f DIR/gatekeeper/constraints
opa eval -b DIR/rego -i object.json data.meshfed.gate.deny
```

Mandatory rules deny, advisory ones warn, disabled ones are left out; parameters are in the constraints. Waivers are
not: they name Pulumi's URNs, which no cluster knows; a constraint's `match` can leave out a namespace. Admission sees
one object at a time as the cluster will store it, and nothing else: it completes the gate and does not replace it. The
tests give the cases of the rules to OPA and to Gatekeeper's own admission and compare every verdict with the gate's."""


def page(made: str, rules: list[Rule]) -> str:
    """The page."""
    usual = GateParameters()
    seen = [admission(rule, usual) for rule in rules]
    lines = ["| id | seen | of these kinds | what admission does not see |", "|---|---|---|---|"]
    for one in seen:
        kinds = ", ".join(one.module.kinds) if one.module else ""
        lines.append(f"| {one.rule.id} | {one.seen} | {kinds} | {one.unseen} |")
    return "\n\n".join([made, _ABOUT, "\n".join(lines)]) + "\n"
