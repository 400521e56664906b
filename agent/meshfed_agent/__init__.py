"""The program of meshfed that runs on tunnel gateways and in clusters.

It imports the standard library, `cryptography` and, where a cloud of AWS is used, `boto3`: what a Debian host
has as packages. It shares formats with the library, not code.
"""

VERSION = "0.1.0"
