"""Every courier keeps its law: all recipients or none, whole, and recognisable if it comes twice."""

import hashlib
import socket
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes
from email import policy as policies

import pytest
from aiosmtpd.controller import Controller

from retention.adapters.mail import SmtpCourier
from retention.errors import DeliveryError
from retention.ports.courier import Letter
from tests.support.kits import FixedClock
from tests.support.net import free_ports
from tests.support.postfix import DOMAIN, FULL, GONE

SENDER = "records@issuer.invalid"
PDF = bytes(range(256)) * 300 + b"\r\n.\r\nFrom here\n"
BODY = (
    "To whom it may concern\n\n.a line that begins with a dot\nFrom the start: £, é, –\n"
    + "x" * 900
    + "\n"
)


@dataclass
class Plain:
    """A server on aiosmtpd that keeps what it gets, and offers no TLS."""

    port: int
    taken: list = field(default_factory=list)

    async def handle_RCPT(self, server, session, envelope, address, options):  # noqa: N802  # aiosmtpd names it
        refusals = {FULL: "450 4.2.2 mailbox full", GONE: "550 5.1.1 no such user"}
        if address not in refusals:
            envelope.rcpt_tos.append(address)
        return refusals.get(address, "250 OK")

    async def handle_DATA(self, server, session, envelope):  # noqa: N802  # aiosmtpd names it
        self.taken.append((tuple(envelope.rcpt_tos), envelope.original_content))
        return "250 OK"

    def raw(self, user, number=1):
        found = [raw for to, raw in self.taken if f"{user}@{DOMAIN}" in to]
        assert len(found) == number
        return found[-1]

    def courier(self, **changes):
        return courier(self.port, **{"starttls_required": False, **changes})


@dataclass
class Real:
    """Postfix, which takes nothing in the clear."""

    server: object

    def raw(self, user, number=1):
        self.server.messages(user, number=number)
        box = self.server.folder / "boxes" / user / "new"
        newest = max(box.iterdir(), key=lambda each: each.stat().st_mtime_ns)
        raw = newest.read_bytes()
        return raw[raw.index(b"\nFrom: ") + 1 :].replace(b"\n", b"\r\n")  # without its trace

    def courier(self, **changes):
        given = {"starttls_required": True, "ca_file": self.server.ca_file, **changes}
        return courier(self.server.port, **given)


@pytest.fixture
def plain():
    (port,) = free_ports()
    server = Plain(port)
    controller = Controller(server, hostname="127.0.0.1", port=port)
    controller.start()
    yield server
    controller.stop()


@pytest.fixture(params=["plain", pytest.param("postfix", marks=pytest.mark.postfix)])
def server(request):
    if request.param == "plain":
        yield request.getfixturevalue("plain")
        return
    real = request.getfixturevalue("postfix")
    yield Real(real)
    for each in (real.folder / "boxes").glob("*/new/*"):
        each.unlink()


def courier(port, **changes):
    given = {"host": "localhost", "sender": SENDER, "clock": FixedClock(), "timeout_s": 20}
    return SmtpCourier(port=port, **{**given, **changes})


def letter(*users, body=BODY):
    to = [user if "@" in user else f"{user}@{DOMAIN}" for user in users]
    attached = {("RET-2031-0007.pdf", "application/pdf"): PDF, ("ü.txt", "text/plain"): b"x\n"}
    return Letter(to, "Certificate – größer", body, attached)


def read(raw):
    return message_from_bytes(raw, policy=policies.default)


def test_a_letter_arrives_whole(server):
    server.courier().send(letter("first"))
    found = read(server.raw("first"))
    assert found["Subject"] == "Certificate – größer"
    assert (found["From"], found["To"]) == (SENDER, f"first@{DOMAIN}")
    assert found["Date"] == "Sat, 12 Apr 2031 09:14:02 +0000"
    assert found.get_body().get_content().replace("\r\n", "\n") == BODY
    assert [(a.get_filename(), a.get_content_type()) for a in found.iter_attachments()] == [
        ("RET-2031-0007.pdf", "application/pdf"),
        ("ü.txt", "text/plain"),
    ]
    assert next(found.iter_attachments()).get_content() == PDF


def test_the_digest_is_of_the_message_as_it_was_handed_over(server):
    digest = server.courier().send(letter("first"))
    assert digest == "sha256:" + hashlib.sha256(server.raw("first")).hexdigest()


def test_every_recipient_gets_it(server):
    server.courier().send(letter("first", "second", "third"))
    for user in ("first", "second", "third"):
        assert read(server.raw(user))["To"].count("@") == 3


@pytest.mark.parametrize(("refused", "code"), [(FULL, "450"), (GONE, "550")])
def test_if_one_recipient_is_refused_nobody_gets_it(server, refused, code):
    with pytest.raises(DeliveryError, match=f"recipient 2 of 3 with {code}") as got:
        server.courier().send(letter("first", refused, "third"))
    assert got.value.retryable
    assert refused not in str(got.value) + got.value.hint
    server.courier().send(letter("first", "third", body="after"))
    for user in ("first", "third"):  # the only one that came
        assert read(server.raw(user)).get_body().get_content().strip() == "after"


def test_a_repeat_can_be_recognised_and_another_letter_is_another(server):
    server.courier().send(letter("odd"))
    first = read(server.raw("odd", 1))["Message-ID"]
    later = FixedClock(FixedClock().at.replace(year=2032))
    server.courier(clock=later).send(letter("odd"))
    assert read(server.raw("odd", 2))["Message-ID"] == first
    server.courier().send(letter("odd", body="another"))
    assert read(server.raw("odd", 3))["Message-ID"] != first


def test_a_letter_to_nobody_is_no_letter(server):
    with pytest.raises(ValueError, match="nobody"):
        server.courier().send(letter())


def test_a_subject_cannot_smuggle_in_a_header(server):
    with pytest.raises(ValueError, match=r"newline|linefeed"):
        server.courier().send(Letter([f"first@{DOMAIN}"], "x\r\nBcc: a@b.invalid", "b"))


# Servers that fail


def test_a_dead_server_is_a_delivery_error_that_says_what_to_do():
    (port,) = free_ports()
    with pytest.raises(DeliveryError, match=f"port {port} did not take") as got:
        courier(port, starttls_required=False).send(letter("first"))
    assert got.value.retryable
    assert "sent again" in got.value.hint


@contextmanager
def talking(*replies):
    """A server that greets, answers each line with the next reply, and then hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve():
            peer, _ = listener.accept()
            with peer, peer.makefile("rb") as lines:
                for reply in replies:
                    peer.sendall(reply)
                    lines.readline()

        thread = threading.Thread(target=serve)
        thread.start()
        yield listener.getsockname()[1]
        thread.join(timeout=20)


@pytest.mark.parametrize(
    "replies",
    [
        [],
        [b"554 no service\r\n"],
        [b"220 hello\r\n"],
        [b"220 hello\r\n", b"250 ok\r\n"],
        [b"220 hello\r\n", b"250 ok\r\n", b"250 ok\r\n"],
        [b"220 hello\r\n", b"250 ok\r\n", b"550 not you\r\n"],
        [b"220 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n"],
        [b"220 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go\r\n"],
        [b"junk\r\n"],
    ],
)
def test_a_server_that_hangs_up_at_any_line_is_a_delivery_error(replies):
    with talking(*replies) as port, pytest.raises(DeliveryError):
        courier(port, host="127.0.0.1", starttls_required=False).send(letter("first"))


def test_a_server_that_says_nothing_runs_into_the_time_limit():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        quick = courier(port, host="127.0.0.1", starttls_required=False, timeout_s=0.2)
        with pytest.raises(DeliveryError, match="did not take"):
            quick.send(letter("first"))


# TLS


@pytest.mark.parametrize("needs", [{"starttls_required": True}, {"login": ("user", "secret-word")}])
def test_nothing_goes_in_the_clear_where_it_must_not(plain, needs):
    with pytest.raises(DeliveryError, match="offers no STARTTLS"):
        plain.courier(**needs).send(letter("first"))
    assert plain.taken == []


@pytest.mark.postfix
def test_a_server_that_cannot_prove_itself_gets_nothing(postfix):
    with pytest.raises(DeliveryError, match="SSLCertVerificationError"):
        Real(postfix).courier(ca_file=None).send(letter("first"))


@pytest.mark.postfix
def test_where_it_is_only_offered_tls_is_used_all_the_same(postfix):
    courier(postfix.port, starttls_required=False).send(letter("second"))
    assert "with ESMTPS" in postfix.messages("second")[0]["Received"]


def test_a_password_is_not_shown_when_a_courier_is(plain):
    assert "secret-word" not in repr(plain.courier(login=("user", "secret-word")))
