"""Asks OpenSSL whether a certificate for HOST, signed by ramtape's own key, would be trusted.

    rogue.py FOLDER HOST

FOLDER is the authority's. Nothing is sent: client and server are in this process. Prints "accepted", or "refused: " and
OpenSSL's reason. The client checks as strictly as Python 3.13 and newer do by default.
"""

import datetime
import ipaddress
import pathlib
import ssl
import sys
import tempfile

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

folder, host = pathlib.Path(sys.argv[1]), sys.argv[2]
text = (folder / "ca.key").read_bytes()
ca = x509.load_pem_x509_certificate(text)
ca_key = serialization.load_pem_private_key(text[text.index(b"-----BEGIN PRIVATE KEY"):], None)

try:
    name = x509.IPAddress(ipaddress.ip_address(host))
except ValueError:
    name = x509.DNSName(host)
key = ec.generate_private_key(ec.SECP256R1())
now = datetime.datetime.now(datetime.timezone.utc)
leaf = (
    x509.CertificateBuilder()
    .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "a leaf")]))
    .issuer_name(ca.subject)
    .public_key(key.public_key())
    .serial_number(x509.random_serial_number())
    .not_valid_before(now - datetime.timedelta(minutes=5))
    .not_valid_after(now + datetime.timedelta(hours=1))
    .add_extension(x509.SubjectAlternativeName([name]), critical=False)
    .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
    .add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(
            ca.extensions.get_extension_for_class(x509.SubjectKeyIdentifier).value
        ),
        critical=False,
    )
    .sign(ca_key, hashes.SHA256())
)

with tempfile.TemporaryDirectory() as temporary:
    chain = pathlib.Path(temporary) / "leaf.pem"
    chain.write_bytes(
        leaf.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
    )
    server_context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_context.load_cert_chain(chain)

client_context = ssl.create_default_context(cafile=folder / "bundle.pem")
client_context.verify_flags |= ssl.VERIFY_X509_STRICT
to_client, to_server = ssl.MemoryBIO(), ssl.MemoryBIO()
client = client_context.wrap_bio(to_client, to_server, server_hostname=host)
server = server_context.wrap_bio(to_server, to_client, server_side=True)

try:
    waiting = [client, server]
    while waiting:
        for side in list(waiting):
            try:
                side.do_handshake()
                waiting.remove(side)
            except ssl.SSLWantReadError:
                pass
    print("accepted")
except ssl.SSLCertVerificationError as error:
    print("refused:", error.verify_message)
