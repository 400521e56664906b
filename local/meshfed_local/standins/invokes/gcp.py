"""Look-ups of Google Cloud: project, zones, images, key versions, policies as JSON."""

import json
from collections.abc import Mapping
from typing import Any, Final

from meshfed_local.standins import keys
from meshfed_local.standins.cloud import Invoke, LookupFault
from meshfed_local.standins.faults import Fault
from meshfed_local.standins.specials.gcp_outputs import SIGNING
from meshfed_local.standins.specials.scope import default_gcp_project, gcp_project_number
from meshfed_local.standins.world import World


def _project_name(arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> str:
    named = arguments.get("projectId") or arguments.get("project") or config.get("project")
    return str(named or default_gcp_project(world))


def _project(arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    name = _project_name(arguments, world, config)
    return {
        "id": f"projects/{name}",
        "projectId": name,
        "name": name,
        "number": gcp_project_number(name, world),
        "labels": {},
    }


def _client(arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    name = _project_name(arguments, world, config)
    region, zone = str(config.get("region") or ""), str(config.get("zone") or "")
    return {"id": f"projects/{name}/regions/{region}/zones/{zone}", "project": name, "region": region, "zone": zone}


def _zones(arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    region = str(arguments.get("region") or config.get("region") or "")
    letters = "bcd" if region in {"us-east1", "europe-west1"} else "abc"
    name = _project_name(arguments, world, config)
    return {"id": f"projects/{name}/regions/{region}", "names": [f"{region}-{letter}" for letter in letters]}


def _image(arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    project = _project_name(arguments, world, config)
    name = str(arguments.get("name") or f"{arguments.get('family')}-v20261101")
    path = f"projects/{project}/global/images/{name}"
    link = f"https://www.googleapis.com/compute/v1/{path}"
    return {"id": path, "name": name, "project": project, "selfLink": link, "family": arguments.get("family") or ""}


def _key_version(arguments: Mapping[str, Any], world: World, _config: Mapping[str, Any]) -> Mapping[str, Any]:
    key, version = str(arguments["cryptoKey"]), int(arguments.get("version") or 1)
    name = f"{key}/cryptoKeyVersions/{version}"
    if world.by_id(key) is None:
        raise LookupFault(Fault("cryptoKey", f"there is no key {key!r}", "the id of a key that exists"))
    if not keys.path(world, name).exists():
        wanted = f"a key whose versionTemplate.algorithm is {SIGNING}, version 1"
        raise LookupFault(Fault("version", f"{name} has no public key here", wanted))
    return {
        "id": f"//cloudkms.googleapis.com/v1/{name}",
        "name": name,
        "cryptoKey": key,
        "version": version,
        "algorithm": SIGNING,
        "protectionLevel": "SOFTWARE",
        "state": "ENABLED",
        "publicKeys": [{"algorithm": SIGNING, "pem": keys.public_pem(world, name)}],
    }


def _policy(arguments: Mapping[str, Any], _world: World, _config: Mapping[str, Any]) -> Mapping[str, Any]:
    bindings = [
        {"role": binding["role"], "members": sorted(binding["members"])} for binding in arguments.get("bindings") or ()
    ]
    return {"id": "policy", "policyData": json.dumps({"bindings": bindings}, separators=(",", ":"))}


def _storage_agent(arguments: Mapping[str, Any], world: World, config: Mapping[str, Any]) -> Mapping[str, Any]:
    name = _project_name(arguments, world, config)
    email = f"service-{gcp_project_number(name, world)}@gs-project-accounts.iam.gserviceaccount.com"
    return {"id": email, "emailAddress": email, "member": f"serviceAccount:{email}", "project": name}


INVOKES: Final[Mapping[str, Invoke]] = {
    "gcp:compute/getImage:getImage": _image,
    "gcp:compute/getZones:getZones": _zones,
    "gcp:kms/getKMSCryptoKeyVersion:getKMSCryptoKeyVersion": _key_version,
    "gcp:organizations/getClientConfig:getClientConfig": _client,
    "gcp:organizations/getIAMPolicy:getIAMPolicy": _policy,
    "gcp:organizations/getProject:getProject": _project,
    "gcp:storage/getProjectServiceAccount:getProjectServiceAccount": _storage_agent,
}
