"""Certificates for servers of tests: an authority of its own, and a host that it speaks for."""

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


def server_context(folder, *, host="127.0.0.1"):
    """Return the context of a server at *host*, and the file that whoever trusts it needs."""
    authority, authority_key = _certificate("Invented authority", None, None)
    leaf, key = _certificate(host, authority, authority_key)
    ca_file, pem = folder / "ca.pem", folder / "server.pem"
    ca_file.write_bytes(authority.public_bytes(Encoding.PEM))
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    pem.write_bytes(leaf.public_bytes(Encoding.PEM) + private)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)
    return context, str(ca_file)


def _certificate(name, issuer, issuer_key):
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    if issuer is None:
        usage = {"key_cert_sign": True, "crl_sign": True, "digital_signature": False}
    else:
        usage = {"key_cert_sign": False, "crl_sign": False, "digital_signature": True}
        names = [x509.IPAddress(ip_address(name))]
        builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        known = x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key())
        builder = builder.add_extension(known, critical=False)
    others = ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement")
    more = dict.fromkeys((*others, "encipher_only", "decipher_only"), False)
    builder = builder.add_extension(x509.KeyUsage(**usage, **more), critical=True)
    return builder.sign(issuer_key or key, SHA256()), key
