"""`meshfed gate rego`: the rules that a cluster's admission can judge by, as files for OPA and Gatekeeper."""

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer

from meshfed.cli.common import counted, write_file
from meshfed.cli.gate.judging import Asked, today, wanted_of
from meshfed.errors import Fault, SettingsError
from meshfed.rules.configured import policy_of
from meshfed.rules.rego.gatekeeper import admission, bundle
from meshfed.rules.rule import Level, Pack


def rego(
    out: Annotated[Path, typer.Option("--out", "-o", help="Folder for the bundle; a new one, or an older bundle's.")],
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Levels and parameters: what --policy-pack-config takes.")
    ] = None,
) -> None:
    """Write what admission can see of the rules: Rego modules for OPA, templates and constraints for Gatekeeper."""
    policy = policy_of(tuple(Pack), wanted_of(Asked((), config=config)), today())
    given = [(rule, policy.level(rule)) for rule in policy.rules]
    rules = [replace(rule, level=level) for rule, level in given if level is not Level.DISABLED]
    files = bundle(rules, policy.effective(None))
    _make_way(out, set(files))
    for name, text in files.items():
        path = out / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write_file(path, text)
    seen = Counter(admission(rule, policy.effective(None)).seen for rule in rules)
    typer.echo(
        f"{out} written: {counted(seen['yes'] + seen['in part'], 'rule')}, {seen['in part']} of them in part."
        f" Of {seen['no']} admission sees nothing; {out / 'admission.json'} says why."
    )


def _make_way(out: Path, wanted: set[str]) -> None:
    """Takes away what the new bundle lacks of an older one; refuses a folder of anything else."""
    if not out.exists():
        return
    if not out.is_dir() or (any(out.iterdir()) and not (out / "admission.json").is_file()):
        hint = "Name a folder that is not there yet, is empty, or holds an older bundle."
        raise SettingsError(str(out), [Fault("--out", "", "is no folder for a bundle.", hint)])
    for pattern in ("rego/meshfed/rules/mf-*.rego", "gatekeeper/*/mf-*.yaml"):
        for path in out.glob(pattern):
            if path.relative_to(out).as_posix() not in wanted:
                path.unlink()
