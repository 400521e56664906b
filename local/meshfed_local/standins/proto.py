"""The engine's protocol for plugins, loaded without the Pulumi SDK.

`import pulumi` costs half a second of processor time, and twelve plugins start for each `make up`; the generated
protocol modules need gRPC alone. They are mounted under a name of their own.
"""

import importlib
import importlib.util
import sys
import types
from pathlib import Path
from typing import TYPE_CHECKING

__all__ = [
    "engine_pb2",
    "engine_pb2_grpc",
    "errors_pb2",
    "plugin_pb2",
    "provider_pb2",
    "provider_pb2_grpc",
    "resource_pb2",
    "resource_pb2_grpc",
    "status_pb2",
]

if TYPE_CHECKING:
    from pulumi.runtime.proto import (
        engine_pb2,
        engine_pb2_grpc,
        errors_pb2,
        plugin_pb2,
        provider_pb2,
        provider_pb2_grpc,
        resource_pb2,
        resource_pb2_grpc,
        status_pb2,
    )
else:
    _NAME = "meshfed_local_proto"
    _found = importlib.util.find_spec("pulumi")
    _package = types.ModuleType(_NAME)
    _package.__path__ = [str(Path(_found.origin).parent / "runtime" / "proto")]
    sys.modules[_NAME] = _package
    globals().update({_name: importlib.import_module(f"{_NAME}.{_name}") for _name in __all__})
