"""The distribution: the one public place from which regions read each other's signed documents."""

from typing import Annotated

from pydantic import Field, StringConstraints

from meshfed.settings.model import DnsName, Settings
from meshfed.settings.patterns import AWS_ACCOUNT, AWS_BUCKET


class Distribution(Settings):
    """S3 and CloudFront of the `trust` stack; regions need only its names."""

    host: DnsName
    """Host name under which signed documents are read by HTTPS."""
    account: Annotated[str, StringConstraints(pattern=AWS_ACCOUNT)]
    """AWS account that holds the bucket and the writer roles."""
    location: str = "us-east-1"
    """AWS location of the bucket."""
    bucket: Annotated[str, StringConstraints(pattern=AWS_BUCKET)]
    """Name of the bucket."""
    poll_seconds: int = Field(default=60, ge=10, le=3600)
    """How often a gateway asks for the documents of its peers, in seconds."""
    valid_hours: int = Field(default=24, ge=1, le=168)
    """For how long a new document is accepted, in hours."""
