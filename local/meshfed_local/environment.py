"""The environment that the engine, the program and the plugins get: made new, not inherited.

What selects a real cloud, account, cluster, backend or plugin in the user's shell is not passed on, by keeping
a short list of harmless variables instead of guessing at all the harmful ones.
"""

import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from meshfed_local.folder import WorldFolder
from meshfed_local.toolchain import Toolchain, cache_folder

ENGINE_TOOLS = ("pulumi", "pulumi-language-python", "helm", "istio-charts")
"""What a deployment to the local target needs."""

STANDINS = Path(__file__).resolve().parent / "standins" / "bin"
"""Programs that stand for the plugins of the clouds."""


def pack_program(name: str) -> Path:
    """A policy pack as a program, which every engine can start."""
    return Path(__file__).resolve().parents[2] / "policy-packs" / name / "__main__.py"


PACKS = (pack_program("all"),)
"""The gate that every preview and deployment here passes: all packs as one program, since the local target's Python
host knows no folders of policies and a process each would take seconds more."""

WORLD_VARIABLE = "MESHFED_LOCAL_WORLD"
"""Tells the stand-ins which world they serve."""

CHARTS_VARIABLE = "MESHFED_LOCAL_CHARTS"
"""Tells the Kubernetes stand-in where the charts are that can be rendered here."""

_KEPT = ("LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "USER", "LOGNAME")
_SYSTEM_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


def engine_environment(
    folder: WorldFolder,
    toolchain: Toolchain,
    standins: Sequence[Path] = (STANDINS,),
    user: Mapping[str, str] = os.environ,
) -> dict[str, str]:
    """All variables for one run of the engine in a world."""
    # Not resolved: the link inside the virtual environment is what makes Python see its packages.
    python = Path(sys.executable).parent
    programs = [toolchain.program(name).parent for name in ("pulumi", "pulumi-language-python", "helm")]
    path = [python, *standins, *programs, *_SYSTEM_PATH]
    return {
        **{key: user[key] for key in _KEPT if key in user},
        "PATH": os.pathsep.join(str(entry) for entry in path),
        # A home of its own hides ~/.aws, ~/.azure, ~/.config/gcloud, ~/.kube and a login at another backend.
        "HOME": str(folder.home),
        "XDG_CACHE_HOME": str(cache_folder(user).parent),
        "VIRTUAL_ENV": str(python.parent),
        "PULUMI_HOME": str(folder.home / ".pulumi"),
        # Without files of attributes: the backend does not write them in one step, and after a kill in between it
        # refuses to load the state beside them ("failed to load checkpoint: EOF").
        "PULUMI_BACKEND_URL": f"{folder.state.as_uri()}?metadata=skip",
        "PULUMI_CONFIG_PASSPHRASE_FILE": str(folder.passphrase),
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        # Checkpoints stay on (no PULUMI_SKIP_CHECKPOINTS): what a killed engine had created is known only from
        # them. They cost about two seconds at the 130 resources of our largest stacks (it grows quadratically).
        # The copy that the backend makes of each is read by nobody; the file itself is replaced as a whole.
        "PULUMI_DIY_BACKEND_DISABLE_CHECKPOINT_BACKUPS": "true",
        # The engine writes --event-log, from which progress and messages are read, only when asked to debug.
        "PULUMI_DEBUG_COMMANDS": "true",
        "PIP_CONFIG_FILE": os.devnull,
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        WORLD_VARIABLE: str(folder.path),
        CHARTS_VARIABLE: str(toolchain.folder("istio-charts") / "charts"),
    }
