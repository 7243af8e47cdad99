"""A key of the local AWS and its alias: what KMS says of them, and how a key is changed."""

from collections.abc import Mapping
from typing import Any

from botocore.exceptions import ClientError

from audit.kinds.aws import spelt
from audit.sandbox.aws_loading import Loader

_TOLD = ("description", "keyUsage", "customerMasterKeySpec", "multiRegion", "enabled", "arn", "keyId")
_GOING = "PendingDeletion"


def answer(loader: Loader, identity: str) -> dict[str, Any]:
    """Return a key with its rotation, policy and tags, in the words of the common shape.

    Raises `ClientError`, also where the key waits for its deletion: no program can use it any more.
    """
    found = spelt(loader.send("kms", "DescribeKey", KeyId=identity)["KeyMetadata"])
    if found.get("keyState") == _GOING:
        raise ClientError({"Error": {"Code": "NotFoundException", "Message": "the key waits for its deletion"}}, "Read")
    rotation = spelt(loader.send("kms", "GetKeyRotationStatus", KeyId=identity))
    body = {key: found[key] for key in _TOLD if key in found}
    body |= {key: rotation[key] for key in ("keyRotationEnabled", "rotationPeriodInDays") if key in rotation}
    body["policy"] = loader.send("kms", "GetKeyPolicy", KeyId=identity, PolicyName="default")["Policy"]
    tags = loader.send("kms", "ListResourceTags", KeyId=identity).get("Tags", [])
    return {**body, "tags": {tag["TagKey"]: tag["TagValue"] for tag in tags}} if tags else body


def alias(loader: Loader, name: str) -> dict[str, Any]:
    """Return an alias with the key that it leads to; raises `ClientError` where it is not there."""
    found = loader.send("kms", "DescribeKey", KeyId=name)["KeyMetadata"]
    return {"name": name, "targetKeyId": found["KeyId"]}


def change(loader: Loader, identity: str, body: Mapping[str, Any]) -> None:
    """Change what can be changed of a key; raises `ClientError` where KMS refuses."""
    loader.send("kms", "UpdateKeyDescription", KeyId=identity, Description=body.get("description", ""))
    if "policy" in body:
        loader.send("kms", "PutKeyPolicy", KeyId=identity, PolicyName="default", Policy=body["policy"])
    days = {"RotationPeriodInDays": body["rotationPeriodInDays"]} if "rotationPeriodInDays" in body else {}
    if body.get("keyRotationEnabled") is True:
        loader.send("kms", "EnableKeyRotation", KeyId=identity, **days)
    else:
        loader.send("kms", "DisableKeyRotation", KeyId=identity)
    loader.send("kms", "DisableKey" if body.get("enabled") is False else "EnableKey", KeyId=identity)
    put_tags(loader, identity, body.get("tags") or {})


def put_tags(loader: Loader, identity: str, tags: Mapping[str, str]) -> None:
    """Give a key these tags and no others."""
    old = [tag["TagKey"] for tag in loader.send("kms", "ListResourceTags", KeyId=identity).get("Tags", [])]
    if gone := [key for key in old if key not in tags]:
        loader.send("kms", "UntagResource", KeyId=identity, TagKeys=gone)
    if tags:
        pairs = [{"TagKey": key, "TagValue": value} for key, value in tags.items()]
        loader.send("kms", "TagResource", KeyId=identity, Tags=pairs)
