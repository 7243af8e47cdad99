"""Azure's own client reads, writes, versions, deletes, locks and copies blobs of the local Azure."""

import hashlib
from datetime import timedelta

import pytest
from azure.core import MatchConditions
from azure.core.exceptions import (
    ClientAuthenticationError,
    HttpResponseError,
    ResourceExistsError,
    ResourceModifiedError,
    ResourceNotFoundError,
)
from azure.storage.blob import ContentSettings, ImmutabilityPolicy, StandardBlobTier

from audit.clouds import cloud_at
from audit.model import AuditError
from audit.pipeline import Patience
from audit.sandbox import blobs
from tests.sandbox.blob_scene import account, client, container, later

NAME = "2026/ü & <1>.eml"
CONTENT = b"a mail" * 100


@pytest.fixture
def mail(sandbox):
    """A container of an account that keeps versions."""
    container(sandbox, account(sandbox))
    return client(sandbox).get_container_client("mail")


def plain(sandbox, **words):
    """Return a container of an account that keeps no versions."""
    container(sandbox, account(sandbox, versions=False, **words))
    return client(sandbox).get_container_client("mail")


def lockable(sandbox, **words):
    """Return a container whose versions can be locked."""
    container(sandbox, account(sandbox, **words), immutableStorageWithVersioning={"enabled": True})
    return client(sandbox).get_container_client("mail")


def md5(content):
    return hashlib.md5(content, usedforsecurity=False).digest()


def refused(code, do, *words, kind=HttpResponseError, **more):
    """Demand that something is refused with a code."""
    with pytest.raises(kind) as told:
        do(*words, **more)
    assert told.value.response.headers["x-ms-error-code"] == code


def names(found):
    return [one.name for one in found]


def test_the_metadata_document_leads_to_blobs(sandbox, monkeypatch):
    monkeypatch.setenv("SSL_CERT_FILE", sandbox.authority)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", sandbox.authority)
    host = sandbox.url.removeprefix("https://")
    assert cloud_at(host, patience=Patience()).blob == f"{sandbox.url}/blob/{{account}}"


def test_what_is_put_is_read_back_with_its_checksum_and_words(mail):
    blob = mail.get_blob_client(NAME)
    put = blob.upload_blob(
        CONTENT, metadata={"kind": "mail"}, content_settings=ContentSettings(content_type="message/rfc822")
    )
    found = blob.get_blob_properties()
    assert blob.download_blob().readall() == CONTENT
    assert (found.size, bytes(found.content_settings.content_md5)) == (len(CONTENT), md5(CONTENT))
    assert (found.content_settings.content_type, found.metadata) == ("message/rfc822", {"kind": "mail"})
    assert (found.version_id, found.is_current_version) == (put["version_id"], True)
    assert (found.blob_tier, found.etag) == ("Hot", put["etag"])


def test_a_part_is_read_and_the_empty_and_the_missing_are_told_apart(mail):
    mail.upload_blob("a", CONTENT)
    mail.upload_blob("empty", b"")
    assert mail.download_blob("a", offset=2, length=4, validate_content=True).readall() == CONTENT[2:6]
    assert mail.download_blob("empty").readall() == b""
    refused("BlobNotFound", mail.download_blob, "none", kind=ResourceNotFoundError)
    assert mail.get_blob_client("none").exists() is False


def test_pieces_become_one_blob_without_a_checksum(mail):
    mail.upload_blob("pieces", (piece for piece in (b"one ", b"two ", b"three")))
    blob = mail.get_blob_client("pieces")
    assert blob.download_blob().readall() == b"one two three"
    assert blob.get_blob_properties().content_settings.content_md5 is None


def test_a_wrong_checksum_is_refused(mail):
    settings = ContentSettings(content_md5=bytearray(md5(b"other")))
    refused("Md5Mismatch", mail.upload_blob, "a", CONTENT, content_settings=settings)


def test_what_is_there_is_not_written_over_unless_it_is_said(mail):
    mail.upload_blob("a", b"1")
    refused("BlobAlreadyExists", mail.upload_blob, "a", b"2", kind=ResourceExistsError)
    old = mail.get_blob_client("a").get_blob_properties()
    mail.upload_blob("a", b"2", overwrite=True)
    refused(
        "ConditionNotMet",
        mail.download_blob,
        "a",
        etag=old.etag,
        match_condition=MatchConditions.IfNotModified,
        kind=ResourceModifiedError,
    )
    assert mail.download_blob("a", version_id=old.version_id).readall() == b"1"
    assert mail.download_blob("a").readall() == b"2"


def test_a_list_shows_versions_and_what_was_deleted_where_it_is_asked_for(mail):
    for content in (b"1", b"22"):
        mail.upload_blob("a", content, overwrite=True)
    mail.upload_blob("b", b"3")
    mail.delete_blob("b")
    assert [(one.name, one.size) for one in mail.list_blobs()] == [("a", 2)]
    found = list(mail.list_blobs(include=["versions", "metadata", "deleted", "immutabilitypolicy", "snapshots"]))
    assert [(one.name, one.size, one.is_current_version) for one in found] == [
        ("a", 1, None),
        ("a", 2, True),
        ("b", 1, None),
    ]
    assert mail.download_blob("b", version_id=found[2].version_id).readall() == b"3"


def test_a_list_goes_on_over_pages_by_prefix_and_by_folder(mail):
    for name in ("a/1", "a/2", "a/3", NAME, "b/1"):
        mail.upload_blob(name, b"x")
    assert names(mail.list_blobs(results_per_page=2)) == sorted(("a/1", "a/2", "a/3", NAME, "b/1"))
    assert len(list(mail.list_blobs(results_per_page=2).by_page())) == 3
    assert names(mail.list_blobs(name_starts_with="a/", results_per_page=1)) == ["a/1", "a/2", "a/3"]
    assert names(mail.walk_blobs()) == ["2026/", "a/", "b/"]
    refused("InvalidQueryParameterValue", next, mail.list_blobs().by_page("!"))


def test_what_was_deleted_softly_comes_back_until_its_days_are_over(sandbox):
    mail = plain(sandbox, days=7)
    mail.upload_blob("a", CONTENT)
    mail.delete_blob("a")
    (found,) = mail.list_blobs(include=["deleted"])
    assert (found.deleted, found.remaining_retention_days) == (True, 6)
    refused("BlobNotFound", mail.download_blob, "a", kind=ResourceNotFoundError)
    mail.get_blob_client("a").undelete_blob()
    assert mail.download_blob("a").readall() == CONTENT
    mail.delete_blob("a")
    later(sandbox, days=7)
    assert list(mail.list_blobs(include=["deleted"])) == []
    refused("BlobNotFound", mail.get_blob_client("a").undelete_blob, kind=ResourceNotFoundError)


def test_without_soft_delete_what_is_deleted_is_gone(sandbox):
    mail = plain(sandbox)
    mail.upload_blob("a", CONTENT)
    mail.upload_blob("a", b"other", overwrite=True)
    mail.delete_blob("a")
    assert list(mail.list_blobs(include=["versions", "deleted"])) == []


def test_a_version_can_be_deleted_and_brought_back_and_the_current_one_not_by_its_id(sandbox):
    container(sandbox, account(sandbox, days=3))
    mail = client(sandbox).get_container_client("mail")
    first = mail.upload_blob("a", b"1").get_blob_properties().version_id
    second = mail.upload_blob("a", b"2", overwrite=True).get_blob_properties().version_id
    refused("OperationNotAllowedOnRootBlob", mail.delete_blob, "a", version_id=second)
    mail.delete_blob("a", version_id=first)
    assert [one.deleted for one in mail.list_blobs(include=["versions", "deleted"])] == [True, None]
    mail.get_blob_client("a").undelete_blob()
    assert mail.download_blob("a", version_id=first).readall() == b"1"


def test_a_version_under_a_lock_cannot_be_deleted_before_its_time(sandbox):
    mail = lockable(sandbox)
    until = (sandbox.store.now() + timedelta(days=30)).replace(microsecond=0)
    blob = mail.upload_blob("a", b"1", immutability_policy=ImmutabilityPolicy(expiry_time=until, policy_mode="Locked"))
    found = blob.get_blob_properties()
    assert (found.immutability_policy.expiry_time, found.immutability_policy.policy_mode) == (until, "locked")
    refused("BlobImmutableDueToPolicy", blob.delete_blob, version_id=found.version_id)
    refused("BlobImmutableDueToPolicy", blob.delete_immutability_policy)
    shorter = ImmutabilityPolicy(expiry_time=until - timedelta(days=1), policy_mode="Locked")
    refused("BlobImmutableDueToPolicy", blob.set_immutability_policy, shorter)
    longer = ImmutabilityPolicy(expiry_time=until + timedelta(days=1), policy_mode="Locked")
    blob.set_immutability_policy(longer)
    mail.delete_blob("a")
    refused("BlobImmutableDueToPolicy", blob.delete_blob, version_id=found.version_id)
    later(sandbox, days=32)
    blob.delete_blob(version_id=found.version_id)
    assert list(mail.list_blobs(include=["versions"])) == []


def test_a_lock_that_is_not_locked_yet_and_a_legal_hold_can_be_lifted(sandbox):
    blob = lockable(sandbox).upload_blob("a", b"1")
    until = sandbox.store.now() + timedelta(days=30)
    blob.set_immutability_policy(ImmutabilityPolicy(expiry_time=until, policy_mode="Unlocked"))
    blob.delete_immutability_policy()
    blob.set_legal_hold(True)
    version = blob.get_blob_properties().version_id
    blob.delete_blob()
    refused("BlobImmutableDueToPolicy", blob.delete_blob, version_id=version)


def test_a_version_that_new_words_made_is_not_locked_by_the_one_before(sandbox):
    until = sandbox.store.now() + timedelta(days=30)
    lock = ImmutabilityPolicy(expiry_time=until, policy_mode="Locked")
    mail = lockable(sandbox)
    mail.upload_blob("a", b"1", immutability_policy=lock).set_blob_metadata({"kind": "mail"})
    found = mail.list_blobs(include=["versions", "immutabilitypolicy"])
    assert [(one.is_current_version, one.immutability_policy.policy_mode) for one in found] == [
        (None, "locked"),
        (True, None),
    ]


def test_a_containers_own_policy_keeps_what_it_holds(sandbox):
    where = container(sandbox, account(sandbox, versions=False))
    policy = {"properties": {"immutabilityPeriodSinceCreationInDays": 5, "state": "Locked"}}
    sandbox.put(f"{where}/immutabilityPolicies/default", policy)
    mail = client(sandbox).get_container_client("mail")
    mail.upload_blob("a", b"1")
    assert mail.get_container_properties().has_immutability_policy is True
    refused("BlobImmutableDueToPolicy", mail.delete_blob, "a")
    refused("BlobImmutableDueToPolicy", mail.upload_blob, "a", b"2", overwrite=True)
    later(sandbox, days=5, seconds=1)
    mail.delete_blob("a")


def test_what_lies_in_the_archive_is_read_hours_after_it_was_asked_for(sandbox, mail):
    blob = mail.upload_blob("a", CONTENT, standard_blob_tier=StandardBlobTier.ARCHIVE)
    refused("BlobArchived", blob.download_blob)
    blob.set_standard_blob_tier("Hot")
    found = blob.get_blob_properties()
    assert (found.blob_tier, found.archive_status) == ("Archive", "rehydrate-pending-to-hot")
    refused("BlobBeingRehydrated", blob.set_standard_blob_tier, "Cool")
    later(sandbox, hours=14)
    refused("BlobArchived", blob.download_blob)
    later(sandbox, hours=1, seconds=1)
    assert blob.download_blob().readall() == CONTENT
    assert blob.get_blob_properties().archive_status is None


def test_a_blob_is_copied_into_another_account(sandbox, mail):
    blob = mail.upload_blob(NAME, CONTENT, metadata={"kind": "mail"})
    account(sandbox, "other")
    other = client(sandbox, "other").create_container("copy")
    for name, sync in (("at once", True), ("in time", False)):
        copy = other.get_blob_client(name)
        assert copy.start_copy_from_url(blob.url, requires_sync=sync)["copy_status"] == "success"
        found = copy.get_blob_properties()
        assert (found.copy.status, found.metadata) == ("success", {"kind": "mail"})
        assert copy.download_blob().readall() == CONTENT
    missing = mail.get_blob_client("none").url
    refused("CannotVerifyCopySource", copy.start_copy_from_url, missing, kind=ResourceNotFoundError)


def test_a_copy_of_what_is_no_url_is_refused(mail):
    def spoil(request):
        request.http_request.headers["x-ms-copy-source"] = "https://[bad"

    copy = mail.upload_blob("a", CONTENT).start_copy_from_url
    source = mail.get_blob_client("a").url
    refused("CannotVerifyCopySource", copy, source, raw_request_hook=spoil, kind=ResourceNotFoundError)


def test_a_copy_out_of_the_archive_takes_hours(sandbox, mail):
    blob = mail.upload_blob("a", CONTENT, standard_blob_tier=StandardBlobTier.ARCHIVE)
    copy = mail.get_blob_client("copy")
    refused("BlobArchived", copy.start_copy_from_url, blob.url, requires_sync=True)
    copy.start_copy_from_url(blob.url, standard_blob_tier=StandardBlobTier.HOT, rehydrate_priority="High")
    found = copy.get_blob_properties()
    assert (found.copy.status, found.blob_tier, found.archive_status) == (
        "pending",
        "Archive",
        "rehydrate-pending-to-hot",
    )
    later(sandbox, hours=1, seconds=1)
    found = copy.get_blob_properties()
    assert (found.copy.status, found.blob_tier, found.archive_status) == ("success", "Hot", None)
    assert copy.download_blob().readall() == CONTENT


def test_the_other_region_shows_what_has_arrived_there_and_takes_nothing(sandbox):
    container(sandbox, account(sandbox, sku="Standard_RAGRS"))
    mail = client(sandbox).get_container_client("mail")
    away = client(sandbox, "archive-secondary").get_container_client("mail")
    mail.upload_blob("a", b"1")
    later(sandbox, minutes=20)
    mail.upload_blob("a", b"2", overwrite=True)
    mail.upload_blob("b", b"3")
    assert names(away.list_blobs()) == ["a"]
    assert away.download_blob("a").readall() == b"1"
    stats = client(sandbox, "archive-secondary", secondary_hostname=sandbox.url[8:]).get_service_stats()
    assert stats["geo_replication"]["status"] == "live"
    refused("WriteOperationNotSupportedOnSecondary", away.upload_blob, "c", b"4")
    account(sandbox, "lone")
    lone = client(sandbox, "lone-secondary").get_container_client("mail")
    refused("ResourceNotFound", lone.get_container_properties, kind=ResourceNotFoundError)


def test_a_planted_blob_is_as_old_as_it_says_and_harm_is_seen_only_in_its_bytes(sandbox, mail):
    then = sandbox.store.now() - timedelta(days=400)
    for name in ("cut", "flipped", "gone"):
        blobs.hold(sandbox.store, "archive", "mail", name, CONTENT, at=then, tier="Cool", metadata={"kind": "mail"})
    before = [(one.name, one.size, one.last_modified, one.blob_tier, one.etag) for one in mail.list_blobs()]
    assert {(one[1], one[2], one[3]) for one in before} == {(len(CONTENT), then.replace(microsecond=0), "Cool")}
    for name, how in (("cut", "truncated"), ("flipped", "flipped"), ("gone", "gone")):
        blobs.damage(sandbox.store, "archive", "mail", name, how=how)
    after = [(one.name, one.size, one.last_modified, one.blob_tier, one.etag) for one in mail.list_blobs()]
    assert before == after
    assert mail.download_blob("cut").readall() == CONTENT[: len(CONTENT) // 2]
    flipped = mail.download_blob("flipped").readall()
    told = mail.get_blob_client("flipped").get_blob_properties().content_settings.content_md5
    assert (len(flipped), md5(flipped) == bytes(told), md5(CONTENT) == bytes(told)) == (len(CONTENT), False, True)
    refused("BlobNotFound", mail.download_blob, "gone", kind=ResourceNotFoundError)
    with pytest.raises(AuditError, match="there is no such version"):
        blobs.damage(sandbox.store, "archive", "mail", "none", how="gone")


def test_a_container_is_made_once_and_deleted_with_all_in_it(sandbox, mail):
    refused("ContainerAlreadyExists", mail.create_container, kind=ResourceExistsError)
    mail.upload_blob("a", b"1")
    assert names(client(sandbox).list_containers()) == ["mail"]
    mail.delete_container()
    refused("ContainerNotFound", lambda: list(mail.list_blobs()), kind=ResourceNotFoundError)
    mail.create_container()
    assert list(mail.list_blobs(include=["versions"])) == []


def test_who_has_no_token_for_storage_is_turned_away(sandbox, mail):
    nobody = client(sandbox, credential=None).get_container_client("mail")
    refused("NoAuthenticationInformation", nobody.get_container_properties, kind=ClientAuthenticationError)
    other = client(sandbox, audience=sandbox.url).get_container_client("mail")
    status, _, headers = sandbox.ask("HEAD", "/blob/archive/mail?restype=container")
    assert (status, headers["x-ms-error-code"]) == (401, "InvalidAuthenticationInfo")
    # Azure's client asks again for the audience that the refusal names.
    assert other.exists() is True
    refused("ResourceNotFound", client(sandbox, "nowhere").create_container, "mail", kind=ResourceNotFoundError)


def test_anybody_reads_what_is_public(sandbox):
    path = account(sandbox, allowBlobPublicAccess=True)
    container(sandbox, path, "open", publicAccess="Blob")
    blobs.hold(sandbox.store, "archive", "open", "a", CONTENT)
    nobody = client(sandbox, credential=None).get_container_client("open")
    assert nobody.download_blob("a").readall() == CONTENT
    refused("NoAuthenticationInformation", nobody.upload_blob, "b", b"1", kind=ClientAuthenticationError)


@pytest.mark.parametrize(
    ("but", "do"),
    [
        pytest.param("*/blobs/read", lambda mail: mail.download_blob("a"), id="read"),
        pytest.param("*/blobs/read", lambda mail: list(mail.list_blobs()), id="list"),
        pytest.param("*/blobs/write", lambda mail: mail.upload_blob("b", b"1"), id="write"),
        pytest.param("*/blobs/delete", lambda mail: mail.delete_blob("a"), id="delete"),
    ],
)
def test_who_may_not_is_refused(but, do, sandbox, mail):
    mail.upload_blob("a", b"1")
    sandbox.narrow("*", but=(but,))
    refused("AuthorizationPermissionMismatch", do, mail)


@pytest.mark.parametrize(
    ("rule", "code"),
    [
        pytest.param({"effect": "status", "status": 503}, "ServerBusy", id="busy"),
        pytest.param({"effect": "deny"}, "AuthorizationFailed", id="denied"),
        pytest.param({"effect": "done", "status": 500}, "InternalServerError", id="done and not told"),
    ],
)
def test_faults_meet_blobs_too(rule, code, sandbox, mail):
    sandbox.fault(rule.pop("effect"), path="/blob/archive/*", method="PUT", **rule)
    refused(code, mail.upload_blob, "a", b"1")


def test_what_is_not_modelled_is_refused(mail):
    blob = mail.upload_blob("a", b"1")
    refused("NotImplemented", blob.create_snapshot)
    refused("NotImplemented", mail.get_container_access_policy)
