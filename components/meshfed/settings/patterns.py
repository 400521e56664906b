"""Patterns of texts in settings and facts, and what each wants in words. A pattern alone tells no operator anything."""

from collections.abc import Mapping

REGION_KEY = r"^[a-z][a-z0-9]{1,7}$"
FEDERATION_NAME = r"^[a-z][a-z0-9]{1,14}$"
DNS_LABEL = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
DNS_NAME = r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$"
HTTPS_URL = r"^https://[^\s/]+(/\S*)?$"
PROXY_URL = r"^https?://[^\s@]+$"
HTTP_PATH = r"^/[^\s?#*]*\*?$"
AWS_ACCOUNT = r"^\d{12}$"
AWS_ROLE = r"^arn:aws[a-z-]*:iam::\d{12}:role/.+$"
AWS_POLICY = r"^arn:aws[a-z-]*:iam::\d{12}:policy/.+$"
AWS_BUCKET = r"^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$"
AZURE_ID = r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$"
GCP_PROJECT = r"^[a-z][a-z0-9-]{4,28}[a-z0-9]$"
GCP_ACCOUNT = r"^[a-z0-9-]+@[a-z0-9.-]+\.gserviceaccount\.com$"
BASE64 = r"^[A-Za-z0-9+/]+={0,2}$"
RULE_ID = r"^MF-[A-Z]+\d+$"
SHA256 = r"^[0-9a-f]{64}$"
URN_PATTERN = r"^urn:pulumi:[A-Za-z0-9][^:\s]*::\S+$"
OBJECT_NAME = r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?/[a-z0-9][a-z0-9.-]{0,251}[*]?$"
IMAGE_PREFIX = r"^[a-z0-9][a-z0-9.-]*(:[0-9]+)?(/[a-z0-9._-]+)*/?$"
CHARTS = r"^(https|oci)://[^\s/]+(/\S*)?$"
PACKAGE = r"^[a-z][a-z0-9-]*$"
COMPONENT_TYPE = r"^[A-Za-z][\w-]*:[\w/-]*:\w+$"
NAME = r"^\S+$"
LABEL_KEY = r"^([a-z0-9.-]+/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"
LABEL_VALUE = r"^[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$"

WORDS: Mapping[str, str] = {
    REGION_KEY: "2 to 8 lower-case letters and digits are wanted, the first a letter",
    FEDERATION_NAME: "2 to 15 lower-case letters and digits are wanted, the first a letter",
    DNS_LABEL: "1 to 63 lower-case letters, digits and inner hyphens are wanted",
    DNS_NAME: "a DNS name of at least two labels is wanted, in lower case, without a dot at the end",
    HTTPS_URL: "an address that begins with https:// is wanted",
    PROXY_URL: "an address that begins with http:// or https:// is wanted, without user and password",
    HTTP_PATH: "a path that begins with / is wanted, with a star at its end only, without ? and #",
    AWS_ACCOUNT: "the 12 digits of an AWS account are wanted",
    AWS_ROLE: "the ARN of an IAM role is wanted: arn:aws:iam::ACCOUNT:role/NAME",
    AWS_POLICY: "the ARN of an IAM policy is wanted: arn:aws:iam::ACCOUNT:policy/NAME",
    AWS_BUCKET: "the name of a bucket is wanted: 3 to 63 lower-case letters, digits and inner hyphens",
    AZURE_ID: "an id like 11111111-2222-3333-4444-555555555555 is wanted, in lower case",
    GCP_PROJECT: "a project id is wanted: 6 to 30 lower-case letters, digits and inner hyphens, the first a letter",
    GCP_ACCOUNT: "the address of a service account is wanted: NAME@PROJECT.iam.gserviceaccount.com",
    BASE64: "base64 is wanted",
    RULE_ID: "the id of a rule is wanted: MF-I1",
    SHA256: "64 lower-case hexadecimal digits are wanted",
    URN_PATTERN: "a URN is wanted that names a stack, or begins to: urn:pulumi:use1::meshfed::*, with * for any text",
    OBJECT_NAME: "NAMESPACE/NAME is wanted, in lower case; the name may end in * for any text",
    IMAGE_PREFIX: "the beginning of an image's name is wanted: registry.example.com/team",
    CHARTS: "the beginning of an address is wanted: https://HOST/charts or oci://HOST/charts",
    PACKAGE: "the name of a Pulumi package is wanted: github",
    COMPONENT_TYPE: "the type of a component is wanted: PACKAGE:MODULE:NAME",
    NAME: "a name without blanks is wanted",
    LABEL_KEY: "the key of a Kubernetes label is wanted",
    LABEL_VALUE: "the value of a Kubernetes label is wanted",
}
