"""What goes over the wire of an S3 client: seen, cut, or answered by the test."""

from io import BytesIO

from botocore.awsrequest import AWSResponse
from botocore.exceptions import ConnectionClosedError


class Wire:
    """Stands in the wire of *client*.

    *sent* names each operation that was asked for, and *requests* holds what was sent.  After *calls_max* of them the connection
    dies.  While there are *answers*, as (status, body), they are given and nothing is sent.
    With *deaf*, what is asked takes effect and its answer is lost.
    """

    def __init__(self, client, answers=()):
        self.sent, self.requests, self.answers = [], [], list(answers)
        self.calls_max, self.deaf = None, False
        client.meta.events.register("before-send.s3", self._before)
        client.meta.events.register("before-parse.s3", self._after)

    def _before(self, request, event_name, **_):
        if self.calls_max is not None and len(self.sent) >= self.calls_max:
            raise ConnectionClosedError(endpoint_url=request.url)
        self.sent.append(event_name.rpartition(".")[2])
        self.requests.append(request)
        if self.answers:
            status, body = self.answers.pop(0)
            return AWSResponse(request.url, status, {}, _Raw(body))
        return None

    def _after(self, **_):
        if self.deaf:
            raise ConnectionClosedError(endpoint_url="http://127.0.0.1/")


class _Raw(BytesIO):
    def stream(self, **_):
        """Give the body as urllib3 would."""
        while chunk := self.read(65536):
            yield chunk
