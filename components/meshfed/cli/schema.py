"""`meshfed schema`: JSON Schemas of the settings file and of the gate's configuration, for editors."""

import json
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from meshfed.cli.common import write_file
from meshfed.errors import Fault, SettingsError
from meshfed.settings.federation import Federation
from meshfed.settings.gate import GateConfiguration
from meshfed.settings.model import Settings


class Of(StrEnum):
    """What a schema is of."""

    SETTINGS = "settings"
    GATE = "gate"


SCHEMAS: dict[Of, tuple[type[Settings], Path]] = {
    Of.SETTINGS: (Federation, Path("components/meshfed/settings/schema.json")),
    Of.GATE: (GateConfiguration, Path("components/meshfed/settings/gate.schema.json")),
}

app = typer.Typer()


def schema_text(of: Of) -> str:
    """The JSON Schema (2020-12) of a file."""
    document = SCHEMAS[of][0].model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=1) + "\n"


@app.command()
def schema(
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Where it is written.")] = None,
    *,
    of: Annotated[Of, typer.Option("--of", help="The settings file, or the gate's configuration.")] = Of.SETTINGS,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where the file is not current.")] = False,
) -> None:
    """Write the JSON Schema of the settings file, or of the gate's configuration."""
    text, path = schema_text(of), out or SCHEMAS[of][1]
    if not check:
        write_file(path, text)
        typer.echo(f"{path} written.")
    elif not path.is_file() or path.read_text(encoding="utf-8") != text:
        raise SettingsError(str(path), [Fault("file", "", "is not current.", f"Run `meshfed schema --of {of}`.")])
