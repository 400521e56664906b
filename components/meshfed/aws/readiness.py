"""The check that a tunnel gateway works, as Systems Manager runs it on a new machine."""

import json
from typing import TypedDict

import pulumi
import pulumi_aws as aws

from meshfed._component import child, read
from meshfed.render.readiness import READY_SECONDS, readiness_script


class AwsReadinessArgs(TypedDict):
    """What the check needs."""

    location: str
    """The AWS location."""
    document: str
    """Name of the document."""
    health_port: int
    """TCP port on which a gateway's agent answers when it carries traffic."""
    tags: dict[str, str]
    """Tags."""


class AwsReadiness(pulumi.ComponentResource):
    """A document that waits until a gateway's agent runs; it takes no command from whoever sends it."""

    document: pulumi.Output[str]
    """Name of the document."""
    document_arn: pulumi.Output[str]
    """ARN of the document."""

    def __init__(self, name: str, args: AwsReadinessArgs, opts: pulumi.ResourceOptions | None = None) -> None:
        super().__init__("meshfed:index:AwsReadiness", name, {}, opts)
        args = read(AwsReadinessArgs, args)
        document = aws.ssm.Document(
            f"{name}-document",
            name=args["document"],
            document_type="Command",
            document_format="JSON",
            content=_content(args["health_port"]),
            region=args["location"],
            tags=args["tags"],
            opts=child(self),
        )
        self.document, self.document_arn = document.name, document.arn
        self.register_outputs({"document": self.document, "document_arn": self.document_arn})


def _content(port: int) -> str:
    return json.dumps(
        {
            "schemaVersion": "2.2",
            "description": "Waits until a tunnel gateway works",
            # Not read by the script: a machine of another size is another check.
            "parameters": {
                "size": {"type": "String", "description": "Machine size", "allowedPattern": "^[a-z0-9.-]+$"}
            },
            "mainSteps": [
                {
                    "action": "aws:runShellScript",
                    "name": "ready",
                    "inputs": {
                        "timeoutSeconds": str(READY_SECONDS),
                        "runCommand": readiness_script(port).splitlines(),
                    },
                }
            ],
        }
    )
