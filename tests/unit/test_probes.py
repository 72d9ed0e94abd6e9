"""What we make of Amazon's answers, as its documentation has them, and of those of look-alikes."""

import json
from dataclasses import replace

import pytest

from retention.adapters.s3.probe import S3Probes
from retention.adapters.s3.probe.bucket import PAGES_MAX
from retention.adapters.s3.roles import METADATA_OF_BUCKET, bucket_policy
from retention.errors import StoreRefusedError, StoreUnavailableError
from tests.support.amazon import ABSENT, DENIED, LOST, NAMESPACE, Amazon
from tests.support.amazon import capabilities as said
from tests.support.stores import GOOD

PLACE = "s3://nacel/"
ELSEWHERE = "https://s3.look-alike.invalid"
FIELDS = {  # question: the fields that nothing but it can answer
    "versioning": ["versioning", "mfa_delete"],
    "object-lock": ["object_lock", "lock_default"],
    "encryption": ["encryption"],
    "acl": ["public"],
    "replication": ["replicates_to"],
    "lifecycle": ["expires"],
    "inventory": ["inventories"],
    "delete": ["surveyor_can"],
    "abort": ["surveyor_can"],
}


def test_a_bucket_that_was_never_configured():
    never = {"versioning": "off", "object_lock": False, "encryption": ""}
    assert said() == replace(GOOD, **never)


@pytest.mark.parametrize("question", FIELDS)
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((403, "AccessDenied"), "AccessDenied"),
        ((501, "NotImplemented"), "NotImplemented"),
        ((405, "MethodNotAllowed"), "MethodNotAllowed"),
        ((400, "InvalidArgument"), "InvalidArgument"),
        ((404, "NoSuchKey"), "NoSuchKey"),
        ((404, "no plain &lt;word&gt;"), "Unknown"),
        (f"<ListBucketResult {NAMESPACE}><Name>nacel</Name></ListBucketResult>", "NotUnderstood"),
        ('<?xml version="1.0"?>\n<ListVersionsResult/>', "NotUnderstood"),
    ],
)
def test_no_refusal_and_no_answer_to_another_question_reads_as_a_good_one(question, answer, code):
    found = said(**{question: answer})
    for name in FIELDS[question]:
        if question in {"delete", "abort"} and code in {"AccessDenied", "NoSuchKey"}:
            continue  # those say something: see below
        assert getattr(found, name) is None
        assert found.unknown[name] == code
    assert set(found.unknown) <= set(FIELDS[question])


def test_what_cannot_be_read_is_not_known():
    assert said(encryption="this is no answer").unknown == {"encryption": "500"}


@pytest.mark.parametrize("question", ["encryption", "replication", "lifecycle", "object-lock"])
def test_an_answer_that_leaves_out_what_was_asked_says_nothing(question):
    root = "ObjectLockConfiguration" if question == "object-lock" else "Configuration"
    found = said(**{question: f"<{root}/>"})
    assert set(found.unknown) == set(FIELDS[question])
    assert set(found.unknown.values()) == {"NotSaid"}


def test_versions_and_one_time_codes():
    body = "<VersioningConfiguration><Status>{}</Status>{}</VersioningConfiguration>"
    code = "<MfaDelete>Enabled</MfaDelete>"
    for status, words in (("Enabled", "enabled"), ("Suspended", "suspended")):
        assert said(versioning=body.format(status, "")).versioning == words
        assert said(versioning=body.format(status, "")).mfa_delete is False
        assert said(versioning=body.format(status, code)).mfa_delete is True
    assert said(versioning=body.format("Sometimes", "")).unknown["versioning"] == "NotUnderstood"


@pytest.mark.parametrize(
    ("rule", "default"),
    [
        ("", ""),
        ("<Mode>GOVERNANCE</Mode><Days>30</Days>", "GOVERNANCE P30D"),
        ("<Mode>COMPLIANCE</Mode><Years>7</Years>", "COMPLIANCE P7Y"),
    ],
)
def test_how_each_new_version_is_locked(rule, default):
    rule = rule and f"<Rule><DefaultRetention>{rule}</DefaultRetention></Rule>"
    body = f"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}"
    found = said(object_lock=f"{body}</ObjectLockConfiguration>")
    assert (found.object_lock, found.lock_default) == (True, default)


@pytest.mark.parametrize(
    ("default", "words"),
    [
        ("<SSEAlgorithm>AES256</SSEAlgorithm>", "AES256"),
        ("<SSEAlgorithm>aws:kms</SSEAlgorithm>", "aws:kms"),
        (
            "<SSEAlgorithm>aws:kms:dsse</SSEAlgorithm><KMSMasterKeyID>key/1</KMSMasterKeyID>",
            "aws:kms:dsse key/1",
        ),
    ],
)
def test_how_it_encrypts(default, words):
    rule = f"<ApplyServerSideEncryptionByDefault>{default}</ApplyServerSideEncryptionByDefault>"
    body = "<ServerSideEncryptionConfiguration><Rule>{}</Rule></ServerSideEncryptionConfiguration>"
    assert said(encryption=body.format(rule)).encryption == words
    only_keys = "<BucketKeyEnabled>true</BucketKeyEnabled>"
    assert said(encryption=body.format(only_keys)).unknown == {"encryption": "NotSaid"}


def location(region):
    return f"<LocationConstraint {NAMESPACE}>{region}</LocationConstraint>"


@pytest.mark.parametrize(
    ("head", "told", "region"),
    [
        ({"x-amz-bucket-region": "eu-west-2"}, location("us-west-1"), "eu-west-2"),
        ((403, "", {"x-amz-bucket-region": "eu-west-2"}), (403, "AccessDenied"), "eu-west-2"),
        ((403, ""), location("eu-west-2"), "eu-west-2"),
        ({}, location("EU"), "eu-west-1"),
        ({}, location(""), "us-east-1"),
        ({}, f"<LocationConstraint {NAMESPACE}/>", "us-east-1"),
    ],
)
def test_where_it_is(head, told, region):
    assert said(head=head, location=told).region == region


@pytest.mark.parametrize("told", [location(""), location("default"), location("not a region")])
def test_a_store_that_is_not_amazon_and_names_no_region_has_said_nothing(told):
    found = said(endpoint_url=ELSEWHERE, head={}, location=told)
    assert (found.region, found.unknown["region"]) == (None, "NotSaid")


def test_the_region_of_a_store_that_says_it_in_neither_way_is_not_known():
    found = said(head=(403, ""), location=(403, "AccessDenied"))
    assert (found.region, found.unknown) == (None, {"region": "AccessDenied"})


def rules(*bodies):
    rows = "".join(f"<Rule>{body}</Rule>" for body in bodies)
    return f"<ReplicationConfiguration><Role>r</Role>{rows}</ReplicationConfiguration>"


def copies(bucket, *, status="Enabled", prefix=""):
    return (
        f"<Status>{status}</Status><Filter><Prefix>{prefix}</Prefix></Filter>"
        f"<Destination><Bucket>{bucket}</Bucket></Destination>"
    )


def test_where_it_copies_what_is_written():
    found = said(
        place="s3://nacel/patient/",
        replication=rules(
            copies("arn:aws:s3:::other"),
            copies("arn:aws-cn:s3:::another", prefix="patient/2019/"),
            copies("arn:aws:s3:::another", prefix="pat"),
            copies("arn:aws:s3:::not-any-more", status="Disabled"),
            copies("arn:aws:s3:::of-something-else", prefix="tmp/"),
        ),
    )
    assert found.replicates_to == ("s3://another/", "s3://other/")
    odd = copies("arn:aws:s3:eu-west-2:123456789012:accesspoint/x")
    assert said(replication=rules(odd)).unknown == {"replicates_to": "NotUnderstood"}


def lifecycle(*bodies):
    rows = "".join(f"<Rule><Status>Enabled</Status>{body}</Rule>" for body in bodies)
    return f"<LifecycleConfiguration>{rows}</LifecycleConfiguration>"


DAYS = "<Expiration><Days>3</Days></Expiration>"


OLDER = (
    "<NoncurrentVersionExpiration><NoncurrentDays>3</NoncurrentDays></NoncurrentVersionExpiration>"
)
MARKERS = "<Expiration><ExpiredObjectDeleteMarker>{}</ExpiredObjectDeleteMarker></Expiration>"
UPLOADS = (
    "<AbortIncompleteMultipartUpload><DaysAfterInitiation>7</DaysAfterInitiation>"
    "</AbortIncompleteMultipartUpload>"
)
MOVES = (
    "<Transition><Days>30</Days><StorageClass>GLACIER</StorageClass></Transition>"
    "<NoncurrentVersionTransition><NoncurrentDays>3</NoncurrentDays>"
    "<StorageClass>GLACIER</StorageClass></NoncurrentVersionTransition>"
)


@pytest.mark.parametrize(
    ("body", "expires"),
    [
        (DAYS, "current versions"),
        ("<Expiration><Date>2030-01-01T00:00:00Z</Date></Expiration>", "current versions"),
        (OLDER, "older versions"),
        (MARKERS.format("true"), "delete markers"),
        (MARKERS.format("false"), ""),
        (UPLOADS, "unfinished uploads"),
        (MOVES, ""),
        (DAYS + OLDER + UPLOADS + MOVES, "current versions, older versions, unfinished uploads"),
    ],
)
def test_what_goes_by_date_alone(body, expires):
    found = said(lifecycle=lifecycle(f"<ID>old</ID>{body}"))
    assert found.expires == ((f"old: {expires}",) if expires else ())


def test_a_rule_that_is_off_or_about_something_else_destroys_nothing_here():
    off = f"<Rule><ID>off</ID><Status>Disabled</Status>{DAYS}</Rule>"
    other = f"<ID>other</ID><Filter><Prefix>tmp/</Prefix></Filter>{DAYS}"
    both = (
        "<ID>both</ID><Filter><And><Prefix>patient/2019/</Prefix><Tag><Key>k</Key>"
        f"<Value>v</Value></Tag></And></Filter>{DAYS}"
    )
    old_form = f"<ID>old form</ID><Prefix>pat</Prefix>{DAYS}"
    text = lifecycle(other, both, old_form).replace("</Life", f"{off}</Life")
    found = said(place="s3://nacel/patient/", lifecycle=text)
    assert found.expires == ("both: current versions", "old form: current versions")


def test_a_rule_whose_name_may_be_anything_is_told_by_its_number():
    text = lifecycle(f"<ID>a</ID>{DAYS}", f"<ID>nhs 943/476/5919 &lt;&gt;</ID>{DAYS}", DAYS)
    assert [each.partition(":")[0] for each in said(lifecycle=text).expires] == [
        "a",
        "rule 2",
        "rule 3",
    ]


def inventory(*rows, more=""):
    configurations = "".join(f"<InventoryConfiguration>{r}</InventoryConfiguration>" for r in rows)
    token = f"<NextContinuationToken>{more}</NextContinuationToken>" if more else ""
    return (
        f"<ListInventoryConfigurationsResult>{configurations}"
        f"<IsTruncated>{'true' if more else 'false'}</IsTruncated>{token}"
        "</ListInventoryConfigurationsResult>"
    )


def lists(name, *, enabled="true", versions="All", prefix="", of=""):
    folder = f"<Prefix>{prefix}</Prefix>" if prefix else ""
    part = f"<Filter><Prefix>{of}</Prefix></Filter>" if of else ""
    return (
        f"<Id>{name}</Id><IsEnabled>{enabled}</IsEnabled>{part}"
        f"<IncludedObjectVersions>{versions}</IncludedObjectVersions>"
        "<Destination><S3BucketDestination><Bucket>arn:aws:s3:::lists</Bucket>"
        f"<Format>Parquet</Format>{folder}</S3BucketDestination></Destination>"
    )


def test_inventories_of_all_versions_and_where_their_manifests_lie():
    made = Amazon(
        inventory=[
            inventory(lists("daily", prefix="of/nacel"), lists("off", enabled="false"), more="t"),
            inventory(lists("current", versions="Current"), lists("weekly")),
        ]
    )
    found = S3Probes(made.client).capabilities(PLACE)
    assert found.inventories == ("s3://lists/nacel/weekly/", "s3://lists/of/nacel/nacel/daily/")
    assert sum("continuation-token=t" in each.url for each in made.requests) == 1


def test_an_inventory_of_a_part_is_none_of_the_whole():
    part = inventory(lists("daily", of="patient/"))
    assert said(inventory=part).inventories == ()
    assert said(place="s3://nacel/patient/2019/", inventory=part).inventories != ()


def test_a_list_of_inventories_without_an_end_is_given_up():
    endless = Amazon(inventory=inventory(more="t"))
    found = S3Probes(endless.client).capabilities(PLACE)
    assert found.unknown == {"inventories": "NotUnderstood"}
    assert endless.asked.count("inventory") == PAGES_MAX


@pytest.mark.parametrize(
    ("delete", "abort", "can", "unknown"),
    [
        (DENIED, DENIED, (), ""),
        ({}, DENIED, ("delete",), ""),
        ((404, "NoSuchVersion"), (404, "NoSuchUpload"), ("delete", "abort"), ""),
        ((404, "NoSuchKey"), DENIED, ("delete",), ""),
        (DENIED, {}, ("abort",), ""),
        ((400, "InvalidArgument"), DENIED, None, "InvalidArgument"),
        (DENIED, (501, "NotImplemented"), None, "NotImplemented"),
        ((404, "NoSuchUpload"), DENIED, None, "NoSuchUpload"),
        ((403, "AllAccessDisabled"), DENIED, None, "AllAccessDisabled"),
    ],
)
def test_what_the_credential_could(delete, abort, can, unknown):
    found = said(delete=delete, abort=abort)
    assert found.surveyor_can == can
    assert found.unknown == ({"surveyor_can": unknown} if unknown else {})


@pytest.mark.parametrize("code", ["NoSuchBucket", "SignatureDoesNotMatch", "InvalidAccessKeyId"])
@pytest.mark.parametrize("question", ["versioning", "lifecycle", "delete"])
def test_a_bucket_that_is_missing_and_a_login_that_is_none_are_errors(question, code):
    with pytest.raises(StoreRefusedError, match=code):
        said(**{question: (404, code)})


@pytest.mark.parametrize("answer", [LOST, (503, "SlowDown"), (500, "InternalError")])
def test_a_store_that_does_not_even_answer_the_first_question_is_an_error_at_once(answer):
    made = Amazon(versioning=answer)
    with pytest.raises(StoreUnavailableError):
        S3Probes(made.client).capabilities(PLACE)
    assert made.asked == ["versioning"]


def test_a_store_that_falls_silent_is_asked_no_further_and_the_rest_is_not_known():
    made = Amazon(location=LOST, head={})
    found = S3Probes(made.client).capabilities(PLACE)
    assert made.asked[-1] == "location"
    assert (found.versioning, found.encryption) == ("off", "")
    rest = ["region", "public", "replicates_to", "expires", "inventories", "surveyor_can"]
    assert found.unknown == dict.fromkeys(rest, "ConnectionClosedError")


def test_a_store_that_is_busy_for_one_question_is_asked_the_others():
    found = said(lifecycle=(503, "SlowDown"))
    assert found.unknown == {"expires": "SlowDown"}


def test_a_place_of_another_kind_of_store_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="not one of S3's"):
        said(place="file://share/path/")


def test_every_question_is_put_once_and_nothing_else_is():
    made = Amazon()
    S3Probes(made.client).capabilities(PLACE)
    S3Probes(made.client).capabilities(PLACE)
    once = [q for q in ABSENT if q not in {"head-object", "retention", "legal-hold"}]
    once = [q for q in once if q not in {"location", "policyStatus"}]  # asked only in need
    assert sorted(made.asked) == sorted(once * 2)


def test_on_amazon_the_roles_may_ask_every_question_and_the_one_who_destroys_none():
    roles = {role: f"arn:aws:iam::123456789012:role/{role}" for role in ("surveyor", "verifier")}
    text = bucket_policy("nacel", **roles, destroyer="arn:aws:iam::123456789012:role/destroyer")
    by_name = {each["Sid"]: each for each in json.loads(text)["Statement"]}
    assert set(METADATA_OF_BUCKET) <= set(by_name["Looking"]["Action"])
    assert set(METADATA_OF_BUCKET) <= set(by_name["OnlyLooking"]["NotAction"])
    assert all(each.startswith("s3:Get") for each in METADATA_OF_BUCKET)
    assert not set(METADATA_OF_BUCKET) & set(by_name["OnlyDestroying"]["NotAction"])
