"""A courier over SMTP: all recipients or none, and the same letter can be recognised again.

The bytes are made here and sent as they are, because a library that re-wraps a message breaks
signatures over it.  Where a server goes silent after the last byte nobody knows whether it took
the letter: then it is sent again, and its Message-ID, which depends on the content alone, says
that it is the same.
Source: RFC 5321 (4.5.4.1: a repeat rather than a loss); RFC 5322; RFC 7435 (opportunistic TLS).
"""

import hashlib
import smtplib
import ssl
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

from retention.domain.canonical import digest_of, sha256
from retention.errors import DeliveryError
from retention.ports.clock import Clock
from retention.ports.courier import Letter

TIMEOUT_S = 30.0
_REFUSED = 400  # reply codes from here say no
_ID_DIGITS = 40
_POLICY = SMTP.clone(cte_type="7bit")  # readable to the oldest server on the way


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpCourier:
    """Hands letters to the server at *host* and *port*; fits ``ports.courier.Courier``.

    With *starttls_required* nothing is sent in the clear or to a server whose certificate does
    not check; otherwise TLS is used where it is offered, unchecked.  *login* is a name and a
    password, given to a checked server alone; *ca_file* names further roots in PEM.
    """

    host: str
    port: int
    sender: str
    clock: Clock
    starttls_required: bool
    login: tuple[str, str] | None = field(default=None, repr=False)
    ca_file: str | None = None
    timeout_s: float = TIMEOUT_S

    def send(self, letter: Letter) -> str:
        """Send *letter* and return the digest of the message as it was handed over.

        Raises DeliveryError, which may be tried again, unless the server accepted it for every
        recipient; ValueError if there is none.
        """
        if not letter.to:
            raise ValueError("a letter to nobody cannot be delivered")
        message = self._message(letter)
        try:
            self._hand_over(letter, message)
        except DeliveryError:
            raise
        except (OSError, smtplib.SMTPException) as error:
            raise DeliveryError(
                f"the mail server on port {self.port} did not take the letter: "
                f"{type(error).__name__}",
                hint="see that it runs and that host, port and certificate are right; the letter "
                "is kept and sent again by the next run",
            ) from error
        return sha256(message)

    def _hand_over(self, letter: Letter, message: bytes) -> None:
        with self._dial() as server:
            self._secure(server)
            code, _ = server.mail(self.sender)
            _accepted(code, "the sender")
            for number, recipient in enumerate(letter.to, start=1):
                code, _ = server.rcpt(recipient)
                _accepted(code, f"recipient {number} of {len(letter.to)}")
            code, _ = server.data(message)
            _accepted(code, "the letter")

    def _dial(self) -> smtplib.SMTP:
        name = self.sender.rpartition("@")[2]  # else the library looks up this machine's own
        return smtplib.SMTP(self.host, self.port, local_hostname=name, timeout=self.timeout_s)

    def _secure(self, server: smtplib.SMTP) -> None:
        server.ehlo_or_helo_if_needed()
        checked = self.starttls_required or self.login is not None
        if server.has_extn("starttls"):
            server.starttls(context=self._tls(checked=checked))
            server.ehlo()
        elif checked:
            raise DeliveryError(
                "the mail server offers no STARTTLS, and it is required here",
                hint="switch it on at the server; letters and passwords do not go in the clear",
            )
        if self.login is not None:
            server.login(*self.login)

    def _tls(self, *, checked: bool) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.ca_file)
        if not checked:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE  # better than nothing, and nothing is promised
        return context

    def _message(self, letter: Letter) -> bytes:
        """Return the message: its parts and its id depend on the letter alone, not on the time."""
        mark = _mark(self.sender, letter)
        message = EmailMessage(policy=_POLICY)
        message["From"] = self.sender
        message["To"] = ", ".join(letter.to)
        message["Subject"] = letter.subject
        message["Date"] = format_datetime(self.clock.now())
        message["Message-ID"] = f"<{mark}@{self.sender.rpartition('@')[2]}>"
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(letter.body)
        for (name, media), content in letter.attachments.items():
            kind, _, inner = media.partition("/")
            message.add_attachment(content, maintype=kind, subtype=inner, filename=name)
        if letter.attachments:
            message.set_boundary(f"={mark}=")
        return message.as_bytes()


def _mark(sender: str, letter: Letter) -> str:
    """Return digits that name the letter: the same for the same, and for no other."""
    attached = [
        [name, media, hashlib.sha256(content).hexdigest()]
        for (name, media), content in letter.attachments.items()
    ]
    content = digest_of([sender, list(letter.to), letter.subject, letter.body, attached])
    return content.removeprefix("sha256:")[:_ID_DIGITS]


def _accepted(code: int, what: str) -> None:
    if code >= _REFUSED:
        for_good = code >= 500  # noqa: PLR2004  # RFC 5321, 4.2.1: 4yz may pass, 5yz stays
        raise DeliveryError(
            f"the mail server refused {what} with {code}",
            hint="look at the address in parties.toml: it will be refused again"
            if for_good
            else "nobody got the letter; it is sent again by the next run",
        )
