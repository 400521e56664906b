"""`meshfed schema`: the JSON Schema of the settings file, for editors."""

import json
from pathlib import Path
from typing import Annotated

import typer

from meshfed.cli.common import write_file
from meshfed.errors import Fault, SettingsError
from meshfed.settings.federation import Federation

SCHEMA = Path("components/meshfed/settings/schema.json")

app = typer.Typer()


def schema_text() -> str:
    """The JSON Schema (2020-12) of the settings file."""
    document = Federation.model_json_schema()
    return json.dumps({"$schema": "https://json-schema.org/draft/2020-12/schema", **document}, indent=1) + "\n"


@app.command()
def schema(
    out: Annotated[Path, typer.Option("--out", "-o", help="Where it is written.")] = SCHEMA,
    *,
    check: Annotated[bool, typer.Option("--check", help="Write nothing; fail where the file is not current.")] = False,
) -> None:
    """Write the JSON Schema of the settings file."""
    text = schema_text()
    if not check:
        write_file(out, text)
        typer.echo(f"{out} written.")
    elif not out.is_file() or out.read_text(encoding="utf-8") != text:
        raise SettingsError(str(out), [Fault("file", "", "is not current.", "Run `meshfed schema`.")])
