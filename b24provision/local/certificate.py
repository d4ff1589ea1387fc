"""A certificate of the portal's own making, for clients that speak nothing but TLS.

It is its own authority and good for this computer only. The package `cryptography` makes it (the extra `tls`).
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cryptography import x509

LIFETIME = timedelta(days=825)
"""The most that Apple's clients accept."""
NAMES = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Certificate:
    certificate: Path
    """PEM; what a client is told to trust."""
    key: Path


def own_certificate(directory: Path, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> Certificate:
    """The certificate kept in a directory, made anew where there is none or it has a month left.

    Raises `ImportError` where `cryptography` is missing.
    """
    from cryptography import x509

    kept = Certificate(directory / "portal-certificate.pem", directory / "portal-key.pem")
    if kept.certificate.exists() and kept.key.exists():
        expires = x509.load_pem_x509_certificate(kept.certificate.read_bytes()).not_valid_after_utc
        if expires > now() + timedelta(days=30):
            return kept
    directory.mkdir(parents=True, exist_ok=True)
    _make(kept, now())
    return kept


def _make(wanted: Certificate, now: datetime) -> None:
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "b24provision local portal")])
    uses = dict.fromkeys(
        ("content_commitment", "key_encipherment", "data_encipherment", "key_agreement", "crl_sign"), False
    )
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + LIFETIME)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(
            x509.KeyUsage(
                digital_signature=True, key_cert_sign=True, encipher_only=False, decipher_only=False, **uses
            ),
            critical=True,
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.SubjectAlternativeName([_general(each) for each in NAMES]), critical=False)
    )
    pem = serialization.Encoding.PEM
    secret = key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    _write_secret(wanted.key, secret)
    wanted.certificate.write_bytes(builder.sign(key, hashes.SHA256()).public_bytes(pem))


def _general(name: str) -> "x509.GeneralName":
    from cryptography import x509

    try:
        return x509.IPAddress(ip_address(name))
    except ValueError:
        return x509.DNSName(name)


def _write_secret(path: Path, content: bytes) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
