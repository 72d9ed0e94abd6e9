"""Amazon's own answers, as its documentation has them; nothing leaves this process.

No server that can be run here answers like it in all things.  The client believes that it asks
Amazon, and each request is answered before it is sent: by what the test configured, or by the
error that the documentation names for what was never configured.
"""

from functools import cache
from io import BytesIO
from urllib.parse import parse_qs, urlsplit

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError

from retention.adapters.s3.client import client
from retention.adapters.s3.probe import S3Probes

NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
DENIED = (403, "AccessDenied")
# What is said where nothing was configured: a status and a code, or a body.
ABSENT = {
    "versioning": f"<VersioningConfiguration {NAMESPACE}/>",
    "object-lock": (404, "ObjectLockConfigurationNotFoundError"),
    "encryption": (404, "ServerSideEncryptionConfigurationNotFoundError"),
    "head": {"x-amz-bucket-region": "eu-west-2"},
    "location": f"<LocationConstraint {NAMESPACE}>eu-west-2</LocationConstraint>",
    "publicAccessBlock": (404, "NoSuchPublicAccessBlockConfiguration"),
    "policy": (404, "NoSuchBucketPolicy"),
    "policyStatus": (404, "NoSuchBucketPolicy"),
    "acl": f"<AccessControlPolicy {NAMESPACE}><Owner><ID>us</ID></Owner><AccessControlList/>"
    "</AccessControlPolicy>",
    "replication": (404, "ReplicationConfigurationNotFoundError"),
    "lifecycle": (404, "NoSuchLifecycleConfiguration"),
    "inventory": f"<ListInventoryConfigurationsResult {NAMESPACE}><IsTruncated>false</IsTruncated>"
    "</ListInventoryConfigurationsResult>",
    "delete": DENIED,
    "abort": DENIED,
    "head-object": {},
    "retention": (404, "NoSuchObjectLockConfiguration"),
    "legal-hold": (404, "NoSuchObjectLockConfiguration"),
}
LOST = "lost"  # an answer that never comes


class Amazon:
    """A store of Amazon's as the documentation has it; *answers* replace what is ABSENT.

    An answer is a body, headers, a (status, code), LOST, or a list of those, given in turn.
    *asked* names the questions in their order, *requests* holds what would have been sent.
    """

    def __init__(self, endpoint_url=None, **answers):
        self.answers = {**ABSENT, **{name.replace("_", "-"): v for name, v in answers.items()}}
        assert self.answers.keys() == ABSENT.keys()
        self.asked, self.requests = [], []
        self.client, answerers = _client(endpoint_url)
        answerers[:] = [self._answer]

    def _answer(self, request, **_):
        question = _question(request)
        self.asked.append(question)
        self.requests.append(request)
        said = self.answers[question]
        if isinstance(said, list):
            said = said.pop(0)
        if said == LOST:
            raise ConnectionClosedError(endpoint_url=request.url)
        if isinstance(said, dict):
            return AWSResponse(request.url, 200, said, _Raw(b""))
        if isinstance(said, str):
            return AWSResponse(request.url, 200, {}, _Raw(said.encode()))
        status, code = said[:2]
        headers = said[2] if len(said) > 2 else {}
        body = "" if question.startswith("head") else f"<Error><Code>{code}</Code></Error>"
        return AWSResponse(request.url, status, headers, _Raw(body.encode()))


@cache
def _client(endpoint_url):
    """Return a client, which takes a while to make, and the list of who answers it now."""
    answerers = []
    made = client(
        endpoint_url=endpoint_url,
        region="eu-west-2",
        access_key="surveyor",
        secret="any",
        attempts_max=1,
    )

    def answer(**sent):
        return answerers[0](**sent)

    made.meta.events.register("before-send.s3", answer)
    return made, answerers


def _question(request):
    parts = urlsplit(request.url)
    has_key = parts.path.strip("/").count("/") > 0
    asked = parse_qs(parts.query, keep_blank_values=True).keys() & ABSENT.keys()
    if request.method == "DELETE":
        return "abort" if "uploadId" in parts.query else "delete"
    if request.method == "HEAD":
        return "head-object" if has_key else "head"
    (question,) = asked
    return question


class _Raw(BytesIO):
    def stream(self, **_):
        """Give the body as urllib3 would."""
        while chunk := self.read(65536):
            yield chunk


def capabilities(place="s3://nacel/", endpoint_url=None, **answers):
    """Return what a bucket that answers like that says of itself."""
    return S3Probes(Amazon(endpoint_url, **answers).client).capabilities(place)
