"""The table of tools that the local target builds: one entry a tool, one Go module each under tools/.

Versions live in the modules' go.mod alone. Nothing is built here; see `toolchain`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class ModuleFile:
    """A file or folder taken as it is from a Go module that a tool's go.mod requires."""

    tool: str
    """The tool under tools/ whose go.mod says the module's version."""
    module: str
    path: str
    """Inside the module."""
    to: str
    """Inside the tool's folder in the cache."""


@dataclass(frozen=True, slots=True)
class Tool:
    """One tool, as its folder under tools/ is called, and how it is made."""

    name: str
    package: str = ""
    """Command package to build to `bin/<name>`; empty where only files of a module are wanted."""
    program: str = ""
    """Name of the built program where it is not the tool's."""
    cgo: bool = False
    tags: tuple[str, ...] = ()
    version_variable: str = ""
    """Go variable that is set to the version which go.mod says for `version_module`."""
    version_module: str = ""
    files: tuple[ModuleFile, ...] = ()
    expect: str = field(default="about a minute", repr=False)
    """How long a first build takes on two cores, told to whoever waits; not a part of what is built."""

    @property
    def program_name(self) -> str:
        """What the built program is called."""
        return self.program or self.name


def _schema(module: str, path: str, name: str = "") -> ModuleFile:
    return ModuleFile(tool="istio-charts", module=module, path=path, to=f"schema/{name or path.rpartition('/')[2]}")


_ALL = (
    Tool(
        name="pulumi",
        package="github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",
        tags=("osusergo", "grpcnotrace"),
        version_variable="github.com/pulumi/pulumi/sdk/v3/go/common/version.Version",
        version_module="github.com/pulumi/pulumi/sdk/v3",
        expect="about 3 minutes",
    ),
    Tool(
        name="pulumi-language-python",
        # The last sdk that holds the host in its own module is old; the script beside it has to fit the CLI.
        package="github.com/pulumi/pulumi/sdk/v3/python/cmd/pulumi-language-python",
        files=(
            ModuleFile(
                tool="pulumi",
                module="github.com/pulumi/pulumi/sdk/v3",
                path="python/cmd/pulumi-language-python-exec",
                to="bin/pulumi-language-python-exec",
            ),
        ),
    ),
    Tool(name="helm", package="helm.sh/helm/v4/cmd/helm", expect="about 2 minutes"),
    Tool(
        name="istio-charts",
        files=(
            ModuleFile(
                tool="istio-charts",
                module="istio.io/istio",
                path="manifests/charts",
                to="charts",
            ),
            # What the charts' values, MeshConfig and istiod's environment may hold: the gate's list is made of it.
            _schema("istio.io/istio", "operator/pkg/apis/values_types.proto"),
            _schema("istio.io/api", "mesh/v1alpha1/config.proto"),
            _schema("istio.io/api", "mesh/v1alpha1/proxy.proto"),
            _schema("istio.io/istio", "pilot/pkg/bootstrap"),
            _schema("istio.io/istio", "pilot/pkg/features"),
            _schema("istio.io/istio", "pkg/features", "common-features"),
            _schema("istio.io/istio", "pkg/security"),
        ),
    ),
    Tool(
        # Tests the Rego modules that the gate's rules render.
        name="opa",
        package="github.com/open-policy-agent/opa",
    ),
    Tool(
        # Runs Gatekeeper's own admission over templates and constraints, without a cluster.
        name="gator",
        package="github.com/open-policy-agent/gatekeeper/v3/cmd/gator",
        expect="about 3 minutes",
    ),
    Tool(
        # Tags beyond v1 lack the /vN that Go wants, so the module has pseudo-versions only.
        name="terraform-provider-aws",
        package="github.com/hashicorp/terraform-provider-aws",
        expect="about half an hour with 9 GB of memory",
    ),
    Tool(
        name="terraform-provider-google",
        package="github.com/hashicorp/terraform-provider-google",
        expect="about 4 minutes",
    ),
    Tool(name="istioctl", package="istio.io/istio/istioctl/cmd/istioctl", expect="about 5 minutes"),
    Tool(
        name="kics",
        package="github.com/Checkmarx/kics/v2/cmd/console",
        files=tuple(
            ModuleFile(tool="kics", module="github.com/Checkmarx/kics/v2", path=f"assets/{part}", to=f"assets/{part}")
            for part in ("queries", "libraries")
        ),
        expect="about 4 minutes",
    ),
    Tool(name="kube-score", package="github.com/zegl/kube-score/cmd/kube-score"),
)

TOOLS: Mapping[str, Tool] = {tool.name: tool for tool in _ALL}
"""Every tool by name."""
