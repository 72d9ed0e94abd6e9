"""A real HTTP server on loopback that answers listings as S3 does, and misbehaves as it is told.

Each bucket has a script: a trick for each request, or none.  *Passing* tricks are what networks
and busy stores do; *lies* are pages that cannot be true.  Signatures are checked by hand, with a
secret for each access key, so that what signs is not what checks.
"""

import random
import ssl
from collections.abc import Callable
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from threading import Event, Lock
from urllib.parse import parse_qsl, urlsplit

from tests.support.loopback import Answers, serving, signature
from tests.support.s3_pages import AMAZON, Style, element, uploads_page, versions_page
from tests.support.stores import fresh_name
from tests.support.tricks import FINAL, LIES, PASSING

REGION = "us-east-1"


@dataclass
class Script:
    """A bucket and what its server will do; *tricks* are used up one by one, None is none."""

    stored: object
    style: Style = AMAZON
    tricks: list[str | None] = field(default_factory=list)
    region: str = REGION
    tokens: list[str] = field(default_factory=list)  # valid, if not empty; the last is the newest
    asked: list[dict[str, str]] = field(default_factory=list)
    headers: list[dict[str, str]] = field(default_factory=list)
    ports: set[int] = field(default_factory=set)  # of clients
    together: int = 0  # requests at this moment
    together_most: int = 0
    pages: dict[str, list[bytes]] = field(default_factory=dict)  # that were said, by their root
    elsewhere: str = ""  # where redirects point to
    refuses: Callable[[dict[str, str]], bool] = field(default=lambda query: False)
    held: Event = field(default_factory=Event)  # until then, who is held gets no answer
    holding: Event = field(default_factory=Event)  # somebody is
    lock: Lock = field(default_factory=Lock)

    def trick(self):
        """Return the next trick."""
        with self.lock:
            return self.tricks.pop(0) if self.tricks else None


def seeded(seed, names, *, requests, share):
    """Return a script of *requests* in which about *share* are tricks of these *names*."""
    chance = random.Random(seed)
    return [chance.choice(names) if chance.random() < share else None for _ in range(requests)]


class Hostile:
    """A running server."""

    def __init__(self, secrets=None):
        self.secrets = secrets or {"surveyor": "a-secret"}
        self.scripts = {}
        self.stopping = Event()
        self.endpoint_url = ""

    def play(self, script):
        """Serve a bucket by *script*, under a new name, and return its whole place."""
        # A name of its own: what is still on its way to an earlier one does not arrive here.
        script.stored = replace(script.stored, name=fresh_name())
        self.scripts[script.stored.name] = script
        return f"s3://{script.stored.name}/"


@contextmanager
def hostile(secrets=None, *, context: ssl.SSLContext | None = None):
    """Start a server, and stop it."""
    said = Hostile(secrets)

    class Hostilely(_Answers):
        server_said = said

    with serving(Hostilely, context=context) as said.endpoint_url:
        try:
            yield said
        finally:
            said.stopping.set()


class _Answers(Answers):
    server_said: Hostile

    def answer(self):
        url = urlsplit(self.path)
        name = url.path.strip("/")
        script = self.server_said.scripts.get(name)
        if script is None:
            self.error(404, "NoSuchBucket")
            return
        query = dict(parse_qsl(url.query, keep_blank_values=True))
        with script.lock:
            script.asked.append(query)
            script.headers.append(dict(self.headers.items()))
            script.ports.add(self.client_address[1])
            script.together += 1
            script.together_most = max(script.together_most, script.together)
        try:
            self._play(script, url, query)
        finally:
            with script.lock:
                script.together -= 1

    do_GET = do_HEAD = answer  # noqa: N815  # names of http.server

    def _play(self, script, url, query):
        wrong = self._wrong_login(script, url)
        if wrong:
            self.error(*wrong)
            return
        if script.refuses(query):
            self.error(403, "AccessDenied")
            return
        trick = script.trick()
        act = PASSING.get(trick) or FINAL.get(trick)
        if act is not None:
            act(self, script, query)
            return
        page = (uploads_page if "uploads" in query else versions_page)(
            script.stored, query, script.style
        )
        body = LIES[trick](page, script) if trick else page.written()
        script.pages.setdefault(page.root, []).append(body)
        self.send(200, body)

    def _wrong_login(self, script, url):
        token = self.headers.get("x-amz-security-token", "")
        if script.tokens and token != script.tokens[-1]:
            return (400, "ExpiredToken") if token in script.tokens else (403, "InvalidToken")
        said = self.headers.get("Authorization", "")
        if not said.startswith("AWS4-HMAC-SHA256 Credential="):
            return 403, "AccessDenied"
        access_key, _, region = said.partition("=")[2].split("/")[:3]
        if region != script.region:
            return 400, "AuthorizationHeaderMalformed", element("Region", script.region)
        secret = self.server_said.secrets.get(access_key)
        if secret is None:
            return 403, "InvalidAccessKeyId"
        wanted = signature(secret, said, self.command, url, self.headers)
        return None if said.endswith(f"Signature={wanted}") else (403, "SignatureDoesNotMatch")
