"""Postfix from Debian's packages, for one session, with a configuration and a queue of its own.

It delivers to maildirs that tests read, requires STARTTLS, and refuses two mailboxes: one for a
while (450), one for good (550).
"""

import email
import email.policy
import grp
import pwd
import shutil
import smtplib
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.support.net import free_ports

DOMAIN = "controller.invalid"
BOXES = ("first", "second", "third", "odd")  # mailboxes that take what they get
FULL = f"full@{DOMAIN}"  # 450: try again
GONE = f"gone@{DOMAIN}"  # 550: nobody of that name
START_TIMEOUT_S = 30
ARRIVAL_TIMEOUT_S = 30

_MAIN = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
mail_owner = postfix
setgid_group = postdrop
myhostname = mx.{domain}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
mydestination =
mynetworks = 127.0.0.0/8
alias_maps =
alias_database =
virtual_mailbox_domains = {domain}
virtual_mailbox_base = {folder}/boxes
virtual_mailbox_maps = inline:{{{boxes}}}
default_transport = error:this server sends nothing on
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{gid}
virtual_minimum_uid = 1
smtpd_tls_cert_file = {folder}/server.pem
smtpd_tls_key_file = {folder}/server.key
smtpd_tls_security_level = encrypt
smtpd_relay_restrictions = reject_unauth_destination
smtpd_recipient_restrictions = check_recipient_access inline:{{{{{full}=450 4.2.2 mailbox full}}, \
{{{gone}=550 5.1.1 no such user}}}}, permit
smtpd_peername_lookup = no
disable_dns_lookups = yes
biff = no
maillog_file = {folder}/log
maillog_file_prefixes = {folder}
message_size_limit = 36700160
"""
_MASTER = """\
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Postfix:
    """A running server."""

    port: int
    ca_file: str
    folder: Path

    def messages(self, user, *, number=1):
        """Return the mails in a mailbox, oldest first, when there are at least *number*."""
        box = self.folder / "boxes" / user / "new"
        deadline = time.monotonic() + ARRIVAL_TIMEOUT_S
        while len(found := sorted(box.glob("*"))) < number:
            if time.monotonic() > deadline:
                raise AssertionError(f"{len(found)} of {number} mails arrived\n{self.log()}")
            time.sleep(0.05)
        return [
            email.message_from_bytes(each.read_bytes(), policy=email.policy.default)
            for each in found
        ]

    def log(self):
        return (self.folder / "log").read_text()[-4000:]


@contextmanager
def server():
    """Start a server on a free port, and stop it by the pid of its own queue."""
    folder = Path(tempfile.mkdtemp(prefix="retention-postfix-"))
    folder.chmod(0o755)  # its processes run as other users
    (port,) = free_ports()
    _configure(folder, port)
    config = folder / "config"
    try:
        subprocess.run(["postfix", "-c", config, "start"], check=True, capture_output=True)
        try:
            _await(folder, port)
            yield Postfix(port, str(folder / "server.pem"), folder)
        finally:
            subprocess.run(["postfix", "-c", config, "stop"], check=False, capture_output=True)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postfix():
    with server() as running:
        yield running


def _configure(folder, port):
    owner = pwd.getpwnam("postfix")
    for name in ("config", "queue", "data", "boxes"):
        (folder / name).mkdir()
    shutil.chown(folder / "data", "postfix", "postfix")
    mail = pwd.getpwnam("mail")
    shutil.chown(folder / "boxes", mail.pw_uid, mail.pw_gid)
    values = {
        "folder": folder,
        "domain": DOMAIN,
        "boxes": ", ".join(f"{user}@{DOMAIN}={user}/" for user in BOXES),
        "uid": mail.pw_uid,
        "gid": mail.pw_gid,
        "full": FULL,
        "gone": GONE,
    }
    assert grp.getgrnam("postdrop").gr_gid != owner.pw_gid
    (folder / "config" / "main.cf").write_text(_MAIN.format(**values))
    (folder / "config" / "master.cf").write_text(_MASTER.format(port=port))
    _certify(folder)


def _certify(folder):
    """Write a certificate for localhost that vouches for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.now(UTC)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=2))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    (folder / "server.pem").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    secret = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (folder / "server.key").touch(mode=0o600)
    (folder / "server.key").write_bytes(secret)


def _await(folder, port):
    deadline = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            with smtplib.SMTP("127.0.0.1", port, local_hostname="localhost", timeout=2) as probe:
                probe.noop()
        except (OSError, smtplib.SMTPException):
            time.sleep(0.1)
        else:
            return
    log = folder / "log"
    raise AssertionError(f"postfix did not start\n{log.read_text() if log.exists() else ''}")
