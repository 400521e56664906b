"""Builds the agent as one file that Python runs, with the same bytes for the same source.

    python -m meshfed_agent.release OUT    writes OUT and prints its release document

What a stack uploads: the file under `object`, and the printed document as `agent/release.json`.
"""

import hashlib
import io
import json
import sys
import zipfile
from dataclasses import asdict, dataclass
from pathlib import Path

from . import VERSION, files

FORMAT = "meshfed/release/v1"
SHEBANG = b"#!/usr/bin/python3\n"
MAIN = b"from meshfed_agent.__main__ import main\n\nraise SystemExit(main())\n"
EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip archive can hold."""
REGULAR_FILE = 0o100644 << 16
UNIX = 3


@dataclass(frozen=True, slots=True)
class Release:
    """The release document."""

    format: str
    version: str
    object: str
    sha256: str


def archive() -> bytes:
    """The program. Stored, not deflated: two versions of zlib write different bytes."""
    package = Path(__file__).parent
    sources = {f"{package.name}/{path.name}": path.read_bytes() for path in sorted(package.glob("*.py"))}
    stream = io.BytesIO()
    stream.write(SHEBANG)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as zipped:
        for name, data in sorted({"__main__.py": MAIN, **sources}.items()):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.create_system, entry.external_attr = UNIX, REGULAR_FILE
            zipped.writestr(entry, data)
    return stream.getvalue()


def describe(program: bytes) -> Release:
    """The release document of a program."""
    return Release(FORMAT, VERSION, f"agent/meshfed-agent-{VERSION}.pyz", hashlib.sha256(program).hexdigest())


def build(target: Path) -> Release:
    """Write the program to the path; the folder must exist."""
    program = archive()
    files.write(target, program, mode=0o755)
    return describe(program)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit("usage: python -m meshfed_agent.release OUT")
    sys.stdout.write(json.dumps(asdict(build(Path(sys.argv[1]))), sort_keys=True) + "\n")
