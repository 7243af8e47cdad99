"""Reads the keys that encrypt the off-site copy: whose they are, whether they change, and who may use them."""

from collections.abc import Mapping
from typing import Any

from audit.kinds.aws import FOREIGN_KMS_KEY, KMS_ALIAS, KMS_KEY, spelt
from audit.model import Answer
from audit.sources.aws_client import Client, Refused, Seen, demand
from audit.sources.aws_questions import ALIASES, DESCRIBE_KEY, KEY_POLICY, ROTATION, Question

_AMAZONS = "alias/aws/"
"""How the aliases of keys that Amazon manages begin; nobody else may begin one so:
https://docs.aws.amazon.com/kms/latest/APIReference/API_CreateAlias.html"""


class KeyReader:
    """Asks about keys as buckets name them, each once."""

    def __init__(self, client: Client, seen: Seen) -> None:
        """Ask by `client` and note in `seen`."""
        self._client = client
        self._seen = seen
        self._aliases: dict[str, Mapping[str, tuple[str, Answer]]] = {}
        """Region → ARN of an alias → ARN of its key, and the answer that told."""
        self._asked: set[str] = set()

    def named_by_arn(self, encryption: Mapping[str, Any], region: str) -> dict[str, Any]:
        """Return a bucket's encryption with each key named by its ARN, and ask for those keys."""
        rules = [self._named(rule, region) for rule in encryption.get("rules", [])]
        return {**encryption, "rules": rules}

    def _named(self, rule: Mapping[str, Any], region: str) -> dict[str, Any]:
        """Name the key of one rule by its ARN; a rule that names none comes back as it is."""
        default = rule.get("applyServerSideEncryptionByDefault") or {}
        name = default.get("kmsMasterKeyId")
        if not name:
            return dict(rule)
        arn = self._arn(str(name), region)
        self._read(arn)
        return {**rule, "applyServerSideEncryptionByDefault": {**default, "kmsMasterKeyId": arn}}

    def _arn(self, name: str, region: str) -> str:
        """Spell the ARN of a key or an alias; one that is named without it is of this account and region.

        https://docs.aws.amazon.com/AmazonS3/latest/API/API_ServerSideEncryptionByDefault.html
        """
        if name.startswith("arn:"):
            return name
        return self._seen.arn("kms", region or self._client.region, name if "/" in name else f"key/{name}")

    def _read(self, arn: str) -> None:
        """Ask for a key, through its alias where that is what was named."""
        if arn in self._asked:
            return
        self._asked.add(arn)
        if ":alias/" in arn:
            self._read_alias(arn)
        else:
            self._read_key(arn)

    def _read_alias(self, arn: str) -> None:
        """Ask which key an alias stands for; nothing is noted of one that the account does not have."""
        region = arn.split(":")[3]
        if f":{_AMAZONS}" in arn:
            self._seen.add(FOREIGN_KMS_KEY, arn, arn.rpartition(":")[2], {})
            return
        try:
            if region not in self._aliases:
                self._aliases[region] = self._list_aliases(region)
        except Refused as error:
            self._seen.hide(error, KMS_ALIAS)
            return
        if arn in self._aliases[region]:
            key, answer = self._aliases[region][arn]
            name = arn.rpartition(":")[2]
            self._seen.add(KMS_ALIAS, arn, name, {"name": name, "targetKeyId": key}, answer)
            self._read(key)

    def _list_aliases(self, region: str) -> dict[str, tuple[str, Answer]]:
        """List the aliases of a region; raises `Refused` where not all were told."""
        found = {}
        for told in self._client.pages(ALIASES, token=("NextMarker", "Marker"), region=region):
            for alias in demand(ALIASES, told, "Aliases", list):
                # Some of Amazon's own aliases stand for no key yet.
                if target := alias.get("TargetKeyId"):
                    found[str(alias["AliasArn"])] = self._arn(str(target), region), told.answer
        return found

    def _read_key(self, arn: str) -> None:
        """Ask whose a key is, and of one of our own whether it changes and who may use it."""
        region = arn.split(":")[3]
        try:
            told = self._client.ask(DESCRIBE_KEY, region=region, about={"key": arn}, KeyId=arn)
            metadata = demand(DESCRIBE_KEY, told, "KeyMetadata")
            ours = (metadata["KeyManager"], metadata["AWSAccountId"]) == ("CUSTOMER", self._seen.account)
        except (Refused, KeyError) as error:
            refused = error if isinstance(error, Refused) else Refused(f"{DESCRIBE_KEY.words} does not say whose it is")
            self._seen.hide(refused, KMS_KEY)
            return
        body, answers = spelt(metadata), [told.answer]
        # A key has one policy, and it goes by this name.
        wanted: tuple[tuple[Question, str, Mapping[str, Any]], ...]
        wanted = ((ROTATION, "KeyRotationEnabled", {}), (KEY_POLICY, "Policy", {"PolicyName": "default"}))
        for question, member, named in wanted if ours else ():
            try:
                told = self._client.ask(question, region=region, about={"key": arn}, KeyId=arn, **named)
                demand(question, told, member, object)
            except Refused as error:
                self._seen.hide(error, KMS_KEY)
                continue
            body |= spelt(told.body)
            answers.append(told.answer)
        kind = KMS_KEY if ours else FOREIGN_KMS_KEY
        self._seen.add(kind, arn, arn.rpartition("/")[2], body, *answers)
