"""Certificates as content credentials ask for them: a signer, vouched for by an issuer whose key is thrown away."""

from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID


def chain_of(program: str, *, valid: timedelta) -> tuple[str, str]:
    """A new private key and its certificates, the signer's first, as PEM. Nothing in them tells whose they are."""
    issuer, signer = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    begin = datetime.now(UTC) - timedelta(days=1)  # clocks differ
    issuer_name, signer_name = _name(f"{program} installation"), _name(f"{program} clips")

    def certificate(subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(issuer_name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + valid)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        )

    authority = (
        certificate(issuer_name, issuer)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(issuer, hashes.SHA256())
    )
    leaf = (
        certificate(signer_name, signer)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(digital_signature=True), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.EMAIL_PROTECTION]), critical=True)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.public_key()), critical=False)
        .sign(issuer, hashes.SHA256())
    )
    key = signer.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    pem = [each.public_bytes(serialization.Encoding.PEM) for each in (leaf, authority)]
    return key.decode(), b"".join(pem).decode()


def _name(words: str) -> x509.Name:
    return x509.Name(
        [x509.NameAttribute(NameOID.COMMON_NAME, words), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Self-hosted")]
    )


def _usage(**used: bool) -> x509.KeyUsage:
    names = "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign"
    every = [*names.split(), "crl_sign", "encipher_only", "decipher_only"]
    return x509.KeyUsage(**{name: used.get(name, False) for name in every})
