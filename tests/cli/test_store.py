"""`audit store` stores what verifies in the local AWS or the local Azure, and says until when it is locked."""

import boto3
import pytest
from moto.server import ThreadedMotoServer

from tests import packs
from tests.aws import REGION
from tests.cli.running import audit, said
from tests.sandbox.blob_scene import account, container
from tests.sealing import Keys, sealed

LOCAL = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}


@pytest.fixture(scope="module")
def cloud():
    """The settings of a shell that speaks to the local AWS, in which a bucket locks objects."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    address = f"http://127.0.0.1:{server.get_host_and_port()[1]}"
    client = boto3.Session("local", "local", region_name=REGION).client("s3", endpoint_url=address)
    where = {"LocationConstraint": REGION}
    client.create_bucket(Bucket="evidence", ObjectLockEnabledForBucket=True, CreateBucketConfiguration=where)
    client.create_bucket(Bucket="plain", CreateBucketConfiguration=where)
    yield LOCAL | {"AWS_ENDPOINT_URL": address, "AWS_MAX_ATTEMPTS": "1"}
    server.stop()


@pytest.fixture
def keys(tmp_path):
    return Keys(tmp_path / "keys")


def test_a_pack_that_verifies_is_stored_and_says_until_when(cloud, keys, tmp_path):
    pack = sealed(tmp_path, keys)
    words = ["store", pack, "s3://evidence/2026/", "--key", "keys/tool.pub.pem", "--retain-days", 30]
    first, again = audit(*words, cwd=tmp_path, **cloud), audit(*words, cwd=tmp_path, **cloud)
    files = [path for path in pack.rglob("*") if path.is_file()]
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert first.stdout.splitlines()[0].startswith(f"stored  s3://evidence/2026/{pack.name}/")
    assert again.stdout.splitlines()[0].startswith("was there  ")
    assert f"{len(files)} files, " in first.stdout.splitlines()[-1]
    assert "locked at least until " in first.stdout.splitlines()[-1]


def unsealed(folder, _keys):
    return packs.write(folder)


def half_signed(folder, keys):
    return sealed(folder, keys, threshold=2)


def by_a_stranger(folder, keys):
    keys("tool")
    return sealed(folder, keys, "stranger")


def changed(folder, keys):
    pack = sealed(folder, keys)
    (pack / "run.json").write_text("{}")
    return pack


@pytest.mark.parametrize("made", [unsealed, half_signed, by_a_stranger, changed])
def test_what_does_not_verify_is_not_stored(made, cloud, keys, tmp_path):
    keys("tool")
    pack = made(tmp_path, keys)
    words = ["store", pack, "s3://evidence/not/", "--key", "keys/tool.pub.pem", "--retain-days", 30]
    assert "is not stored, since it does not verify" in said(audit(*words, cwd=tmp_path, **cloud))


@pytest.mark.parametrize(
    ("destination", "words", "told"),
    [
        pytest.param("s3://plain/", ["--retain-days", 30], "Object Lock configuration does not exist", id="no lock"),
        pytest.param("s3://evidence/", [], "Add --retain-days N", id="no time"),
        pytest.param("evidence", ["--retain-days", 30], "is neither s3://BUCKET/PREFIX nor https://", id="no address"),
    ],
)
def test_a_bucket_that_keeps_nothing_is_one_line(destination, words, told, cloud, keys, tmp_path):
    pack = sealed(tmp_path, keys)
    run = audit("store", pack, destination, "--key", "keys/tool.pub.pem", *words, cwd=tmp_path, **cloud)
    assert told in said(run)


def test_nobody_answers(keys, tmp_path):
    pack = sealed(tmp_path, keys)
    words = ["store", pack, "s3://evidence/", "--key", "keys/tool.pub.pem", "--retain-days", 1]
    away = LOCAL | {"AWS_ENDPOINT_URL": "http://127.0.0.1:9", "AWS_MAX_ATTEMPTS": "1"}
    assert "Could not connect" in said(audit(*words, cwd=tmp_path, **away))


@pytest.fixture
def azure(sandbox):
    """The settings of a shell that speaks to the local Azure, in which one container locks versions."""
    path = account(sandbox)
    container(sandbox, path, "evidence", immutableStorageWithVersioning={"enabled": True})
    container(sandbox, path, "plain")
    return sandbox.environment({})


def test_a_pack_is_stored_in_azure_too(azure, sandbox, keys, tmp_path):
    pack = sealed(tmp_path, keys)
    place = f"{sandbox.url}/blob/archive/evidence/2026"
    words = ["store", pack, f"{place}/", "--key", "keys/tool.pub.pem", "--retain-days", 30]
    first, again = audit(*words, cwd=tmp_path, **azure), audit(*words, cwd=tmp_path, **azure)
    files = [path for path in pack.rglob("*") if path.is_file()]
    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert first.stdout.splitlines()[0].startswith(f"stored  {place}/{pack.name}/")
    assert again.stdout.splitlines()[0].startswith("was there  ")
    assert f"{len(files)} files, " in first.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("place", "words", "told"),
    [
        pytest.param("/blob/archive/plain", ["--retain-days", 30], "locks no versions", id="no lock"),
        pytest.param("/blob/archive/evidence", [], "Add --retain-days N", id="no time"),
        pytest.param("/blob/archive", ["--retain-days", 30], "is no container of this cloud", id="no container"),
    ],
)
def test_a_container_that_keeps_nothing_is_one_line(place, words, told, azure, sandbox, keys, tmp_path):
    pack = sealed(tmp_path, keys)
    run = audit("store", pack, sandbox.url + place, "--key", "keys/tool.pub.pem", *words, cwd=tmp_path, **azure)
    assert told in said(run)
