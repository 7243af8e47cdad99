"""The off-site copy is read back and opened with our own key, and each way in which it can be bad is found."""

import base64
import hashlib
import hmac
import os
from datetime import timedelta

import boto3
import msgspec
import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from moto import mock_aws

from audit.drills.drill import Means
from audit.drills.offsite import KIND
from audit.drills.offsite_manifest import canary, prepare
from tests.drilling import recoverable

REGION, BUCKET, CANARY = "eu-west-2", "offsite", "Mustermann-7f3c"
KEY = b"k" * 32
COUNT = 12


class Copy:
    """A bucket of the local AWS that holds what the archive does, encrypted."""

    def __init__(self, clock):
        self.clock = clock
        session = boto3.Session("local", "local", region_name=REGION)
        self.s3, self.kms = session.client("s3"), session.client("kms")
        where = {"LocationConstraint": REGION}
        self.s3.create_bucket(Bucket=BUCKET, ObjectLockEnabledForBucket=True, CreateBucketConfiguration=where)
        default = {"Mode": "COMPLIANCE", "Days": 2555}
        self.s3.put_object_lock_configuration(
            Bucket=BUCKET,
            ObjectLockConfiguration={"ObjectLockEnabled": "Enabled", "Rule": {"DefaultRetention": default}},
        )
        self.wrapping = self.kms.create_key()["KeyMetadata"]["Arn"]
        rule = {"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": self.wrapping}}
        self.s3.put_bucket_encryption(Bucket=BUCKET, ServerSideEncryptionConfiguration={"Rules": [rule]})
        self.item = recoverable(
            "offsite", "version", f"s3://{BUCKET}", facts={"wrapping_key": self.wrapping, "regions": (REGION,)},
            rpo_s=86_400, rto_s=86_400,
        )  # fmt: skip
        for number in range(COUNT):
            self.put(f"{CANARY}/{number}", f"{CANARY} {number}".encode() * 100)
        self.prepared = {}

    def put(self, name, plain, *, key=None, lock=None):
        """Put an object, encrypted under a key of its own."""
        made = self.kms.generate_data_key(KeyId=self.wrapping, KeySpec="AES_256")
        nonce = os.urandom(12)
        metadata = {
            "content-key": base64.b64encode(made["CiphertextBlob"]).decode(),
            "key-id": self.wrapping,
            "nonce": base64.b64encode(nonce).decode(),
        }
        body = AESGCM(key or made["Plaintext"]).encrypt(nonce, plain, None)
        self.raw(name, body, metadata, **(lock or {}))

    def raw(self, name, body, metadata, **more):
        """Put an object as it is."""
        self.s3.put_object(Bucket=BUCKET, Key=name, Body=body, Metadata=metadata, **more)

    def means(self):
        """Return by what it is read."""
        return {
            "aws": lambda service: {"s3": self.s3, "kms": self.kms}[service],
            "unwrap": lambda key_id, wrapped: self.kms.decrypt(CiphertextBlob=wrapped, KeyId=key_id)["Plaintext"],
            "manifest": lambda ref, what: self.prepared.get(what),
            "key": KEY,
            "seed": "a seed",
        }

    def prepare(self):
        """Write manifest and canary."""
        means = Means(clock=self.clock, actor=None, **self.means())
        made = [canary(self.item, means, self.clock.now())]
        self.prepared = {"manifest": prepare(self.item, means), "canaries": {"canaries": made}}


@pytest.fixture
def copy(drilling):
    """A copy that is well, and prepared."""
    with mock_aws():
        made = Copy(drilling.clock)
        made.prepare()
        drilling.clock.sleep(3600)
        yield made


def drill(drilling, copy):
    return drilling.run(KIND, copy.item, **copy.means())


def test_a_copy_that_is_well_is_proven_to_the_last_level(drilling, copy):
    """Locked, whole, opened, as the manifest says, with an hour between the canary and the drill."""
    record = drill(drilling, copy)
    assert (record.verdict.recoverability.state, record.verdict.recoverability.level) == ("proven", 6)
    assert (record.verdict.rpo.state, record.verdict.rpo.basis) == ("met", "canary")
    assert 3600 <= record.verdict.rpo.achieved_s <= 3700
    assert record.verdict.cleanup.state == "not-needed"
    content = next(check for check in record.checks if check.id == "offsite.content")
    assert content.observed == {
        "sampled": COUNT, "population": COUNT, "bad": 0, "missing": 0, "bad_at_most_ppm": 0,
    }  # fmt: skip


def name(number):
    return f"{CANARY}/{number}"


def cut(copy):
    found = copy.s3.get_object(Bucket=BUCKET, Key=name(3))
    copy.raw(name(3), found["Body"].read()[:-40], found["Metadata"])


def flipped(copy):
    found = copy.s3.get_object(Bucket=BUCKET, Key=name(3))
    body = bytearray(found["Body"].read())
    body[5] ^= 1
    copy.raw(name(3), bytes(body), found["Metadata"])


def old_canary(copy):
    later = copy.clock.now() - timedelta(minutes=10)
    copy.prepared["canaries"]["canaries"].append({"id": "x", "at": f"{later:%Y-%m-%dT%H:%M:%SZ}", "digest": "0"})


@pytest.mark.parametrize(
    ("damage", "level"),
    [
        pytest.param(cut, 3, id="a truncated object"),
        pytest.param(flipped, 4, id="flipped bytes"),
        pytest.param(lambda copy: copy.put(name(3), b"x" * 1500, key=b"w" * 32), 3, id="another length"),
        pytest.param(
            lambda copy: copy.put(name(3), b"?" * len(f"{CANARY} 3" * 100), key=b"w" * 32), 4, id="a wrong key"
        ),
        pytest.param(lambda copy: copy.put(name(3), b"?" * len(f"{CANARY} 3" * 100)), 5, id="other content"),
        pytest.param(lambda copy: copy.s3.delete_object(Bucket=BUCKET, Key=name(3)), 3, id="a missing object"),
        pytest.param(old_canary, 5, id="an old canary"),
    ],
)
def test_what_is_bad_fails_at_its_own_level(drilling, copy, damage, level):
    """Each at the lowest level that shows it."""
    damage(copy)
    found = drill(drilling, copy).verdict.recoverability
    assert (found.state, found.level) == ("failed", level), found


def test_without_a_manifest_nothing_of_the_content_is_proven(drilling, copy):
    """It is not run, and never passed."""
    copy.prepared = {}
    record = drill(drilling, copy)
    assert record.verdict.recoverability.state != "proven" or record.verdict.recoverability.level < 4
    assert record.verdict.rpo.state == "unknown"


def test_a_bucket_elsewhere_is_not_read(drilling, copy):
    """Its region is asked for first."""
    copy.item = msgspec.structs.replace(copy.item, facts={"regions": ("eu-west-1",)})
    record = drill(drilling, copy)
    assert record.verdict.recoverability.state == "not-run"
    assert REGION in record.verdict.recoverability.reason


def test_no_name_and_no_content_leaves_the_drill(drilling, copy, tmp_path):
    """Neither the journal nor the record holds them, damaged or not; nor the manifest."""
    flipped(copy)
    record = drill(drilling, copy)
    kept = msgspec.json.encode(record) + msgspec.json.encode(copy.prepared)
    kept += b"".join(path.read_bytes() for path in tmp_path.iterdir())
    assert CANARY.encode() not in kept
    plain = hashlib.sha256(f"{CANARY} 1".encode() * 100).hexdigest()
    assert plain.encode() not in kept
    assert hmac.new(KEY, f"{CANARY}/1".encode(), hashlib.sha256).hexdigest().encode() in kept
