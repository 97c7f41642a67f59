"""Signatures made by other programs with the test PKI: OpenSSL, xmlsec1 and poppler. LibreOffice has a file of its own."""

import shutil
import subprocess
from functools import cache

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed448, ed25519

from gateway.demo.pki import Wish, distinguished_name, issue
from gateway.documents.signatures import verify
from gateway.documents.signatures.detached import verify_detached
from gateway.documents.signatures.smime import verify_smime
from gateway.model import Indication, Integrity, Part
from tests.pki import xml
from tests.pki.tree import NOW, letter_pdf, store, tree
from tests.signatures.corpus import TYPES
from tests.support import libreoffice
from tests.support.nss import make_apart

BODY = b"N\xe1\xbb\x99i dung\r\n" * 20
EMAIL = "nguoikythu.binhtan@tphcm.gov.vn"
pytestmark = [pytest.mark.slow, pytest.mark.system]


def needs(program):
    return pytest.mark.skipif(shutil.which(program) is None, reason=f"{program} is not installed")


@cache
def holder(kind):
    keys = {
        "p256": lambda: ec.generate_private_key(ec.SECP256R1()),
        "p384": lambda: ec.generate_private_key(ec.SECP384R1()),
        "p521": lambda: ec.generate_private_key(ec.SECP521R1()),
        "ed25519": ed25519.Ed25519PrivateKey.generate,
        "ed448": ed448.Ed448PrivateKey.generate,
    }
    if kind in {"person", "seal"}:
        return tree().g2_person if kind == "person" else tree().g2_seal
    return issue(distinguished_name(("CN", "Người Ký Thử")), keys[kind](), tree().g2_sub, Wish(email=EMAIL), now=NOW)


@pytest.fixture
def folder(tmp_path):
    """A folder with the content, and certificate and key of each holder in PEM."""
    (tmp_path / "content").write_bytes(BODY)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    for kind in ("person", "seal", "p256", "p384", "p521", "ed25519", "ed448"):
        one = holder(kind)
        (tmp_path / f"{kind}.crt").write_bytes(one.certificate.public_bytes(encoding))
        key = one.key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
        (tmp_path / f"{kind}.key").write_bytes(key)
    return tmp_path


def run(folder, *command):
    subprocess.run(command, cwd=folder, check=True, capture_output=True, timeout=300)
    return (folder / "out").read_bytes()


def openssl(folder, *options, who=("person",), tool="cms", out="DER"):
    signers = [part for one in who for part in ("-signer", f"{one}.crt", "-inkey", f"{one}.key")]
    form = ("-outform", out, "-out", "out")
    return run(folder, "openssl", tool, "-sign", "-binary", "-in", "content", *signers, *form, *options)


def beside(signature, content=BODY):
    part = Part(path="2", declared_type="text/plain", filename="content")
    return verify_detached(signature, [(part, content)], part="3", filename="content.p7s", trust=store(), now=NOW)


def look(data, kind):
    return verify(data, part="1", filename=f"a{kind}", detected_type=TYPES[kind], trust=store(), now=NOW)


def stand(found, count=1):
    return [one.indication for one in found] == [Indication.TOTAL_PASSED] * count


@needs("openssl")
class TestOpenssl:
    @pytest.mark.parametrize("digest", ["sha256", "sha384", "sha512", "sha3-256", "sha3-512"])
    @pytest.mark.parametrize("who", ["person", "p256", "p384", "p521"])
    @pytest.mark.parametrize("attributes", [(), ("-noattr",)])
    def test_every_digest_with_every_key(self, folder, digest, who, attributes):
        signature = openssl(folder, "-md", digest, *attributes, who=(who,))
        assert stand(beside(signature))
        assert not stand(beside(signature, BODY + b" "))

    @pytest.mark.parametrize("who", ["ed25519", "ed448"])
    def test_edwards_curves(self, folder, who):
        signature = openssl(folder, "-md", "sha512", who=(who,))
        assert stand(beside(signature))
        assert not stand(beside(signature, BODY[1:]))

    @pytest.mark.parametrize("options", [
        ("-keyopt", "rsa_padding_mode:pss"),
        ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:0"),
        ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:max"),
        ("-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_mgf1_md:sha512"),
        ("-keyid",), ("-nosmimecap",), ("-cades",), ("-indef",), ("-stream",), ("-certfile", "seal.crt"),
    ], ids=" ".join)  # fmt: skip
    def test_forms_of_the_message(self, folder, options):
        assert stand(beside(openssl(folder, *options)))
        within = openssl(folder, "-nodetach", *options)
        assert stand(look(within, ".p7m"))
        assert not stand(look(within.replace(BODY[:8], b"Noi dung"[:8]), ".p7m"))

    @pytest.mark.parametrize("tool", ["cms", "smime"])
    @pytest.mark.parametrize("out", ["DER", "PEM"])
    def test_beside_the_file_in_letters_and_in_bytes(self, folder, tool, out):
        assert stand(beside(openssl(folder, "-md", "sha256", tool=tool, out=out)))

    def test_several_signers_at_once_and_one_after_the_other(self, folder):
        assert stand(beside(openssl(folder, who=("person", "seal"))), 2)
        (folder / "first").write_bytes(openssl(folder))
        more = ("-signer", "p256.crt", "-inkey", "p256.key", "-outform", "DER", "-out", "out")
        resign = (
            "openssl",
            "cms",
            "-resign",
            "-binary",
            "-in",
            "first",
            "-inform",
            "DER",
            "-content",
            "content",
            *more,
        )
        assert stand(beside(run(folder, *resign)), 2)

    def test_without_the_certificate_nobody_is_named_and_certificates_alone_sign_nothing(self, folder):
        (one,) = beside(openssl(folder, "-nocerts"))
        assert one.sub_indication == "NO_SIGNING_CERTIFICATE_FOUND"
        alone = ("openssl", "crl2pkcs7", "-nocrl", "-certfile", "person.crt", "-outform", "DER", "-out", "out")
        assert look(run(folder, *alone), ".p7m") == ()

    @pytest.mark.parametrize("who", ["p256", "ed25519"])
    @pytest.mark.parametrize("form", [(), ("-nodetach",)])
    def test_mails(self, folder, who, form):
        digest = ("-md", "sha512" if who == "ed25519" else "sha256")
        signer = ("-signer", f"{who}.crt", "-inkey", f"{who}.key", "-from", EMAIL, "-text", "-out", "out")
        mail = run(folder, "openssl", "cms", "-sign", "-in", "content", *digest, *signer, *form)
        assert stand(verify_smime(mail, part="2", filename=None, trust=store(), now=NOW))
        body = mail.index(b"\n\n")
        changed = mail[:body] + mail[body:].replace(b"dung", b"dang", 1).replace(b"MII", b"MIJ", 1)
        assert not stand(verify_smime(changed, part="2", filename=None, trust=store(), now=NOW))


@needs("xmlsec1")
class TestXmlsec:
    TEMPLATE = (
        f'<Signature xmlns="{xml.DS}"><SignedInfo><CanonicalizationMethod Algorithm="{{c14n}}"/>'
        '<SignatureMethod Algorithm="{method}"/>{references}</SignedInfo><SignatureValue/>'
        "<KeyInfo><X509Data><X509Certificate/></X509Data></KeyInfo></Signature>"
    )

    @pytest.mark.parametrize("method", [
        "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256", "http://www.w3.org/2001/04/xmldsig-more#rsa-sha512",
    ], ids=["sha256", "sha512"])  # fmt: skip
    @pytest.mark.parametrize("c14n", [
        xml.C14N, xml.C14N + "#WithComments", "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2006/12/xml-c14n11",
    ], ids=["inclusive", "comments", "exclusive", "1.1"])  # fmt: skip
    @pytest.mark.parametrize("kind", [".odt", ".asice"])
    def test_every_canonical_form(self, folder, method, c14n, kind):
        files = xml.members(xml.odt()) if kind == ".odt" else {"a.xml": b'<a xmlns:b="urn:b"><!-- --><b:c/></a>'}
        place = folder / "package"
        references = []
        for name, data in files.items():
            (place / name).parent.mkdir(parents=True, exist_ok=True)
            (place / name).write_bytes(data)
            transform = f'<Transforms><Transform Algorithm="{c14n}"/></Transforms>' if name.endswith(".xml") else ""
            digest = f'<DigestMethod Algorithm="{xml.SHA256}"/><DigestValue/>'
            references.append(f'<Reference URI="{name}">{transform}{digest}</Reference>')
        template = self.TEMPLATE.format(c14n=c14n, method=method, references="".join(references))
        (place / "template.xml").write_text(template)
        run(
            place,
            "xmlsec1",
            "--sign",
            "--privkey-pem",
            "../person.key,../person.crt",
            "--output",
            "out",
            "template.xml",
        )
        signature = (place / "out").read_text().partition("?>")[2]
        if kind == ".odt":
            root = f'<document-signatures xmlns="{xml.DSIG_OPEN}">{signature}</document-signatures>'
            signed = {**files, "META-INF/documentsignatures.xml": root.encode()}
        else:
            signed = {"mimetype": TYPES[kind].encode(), **files, "META-INF/signatures0.xml": signature.encode()}
        assert stand(look(xml.pack(signed), kind))
        changed = "content.xml" if kind == ".odt" else "a.xml"
        edited = {**signed, changed: signed[changed].replace(b"</", b"\n</", 1)}
        assert not stand(look(xml.pack(edited), kind))

    @pytest.mark.parametrize("c14n", [
        xml.C14N, xml.C14N + "#WithComments", "http://www.w3.org/2001/10/xml-exc-c14n#", "http://www.w3.org/2006/12/xml-c14n11",
    ], ids=["inclusive", "comments", "exclusive", "1.1"])  # fmt: skip
    @pytest.mark.parametrize("uri", ["", "#HD14"])
    def test_a_file_signed_within_itself(self, folder, c14n, uri):
        prefixes = f'<InclusiveNamespaces xmlns="{c14n}" PrefixList="b"/>' if "exc" in c14n else ""
        transforms = f'<Transforms>{xml.ENVELOPED}<Transform Algorithm="{c14n}">{prefixes}</Transform></Transforms>'
        reference = (
            f'<Reference URI="{uri}">{transforms}<DigestMethod Algorithm="{xml.SHA256}"/><DigestValue/></Reference>'
        )
        method = "http://www.w3.org/2001/04/xmldsig-more#rsa-sha256"
        signature = self.TEMPLATE.format(c14n=c14n, method=method, references=reference)
        invoice = (
            f'<?xml version="1.0"?><?a b?><HDon xmlns:b="urn:b" xmlns="urn:a" xml:lang="vi">\r\n <DLHDon Id="HD14" b:so="1">'
            f'<b:Ten c="&#9;&lt;" a="ế">Công ty<![CDATA[ <Thử> ]]></b:Ten></DLHDon>\n{signature}\n</HDon>'
        )
        (folder / "template.xml").write_text(invoice)
        key = ("--privkey-pem", "person.key,person.crt", "--id-attr:Id", "DLHDon")
        signed = run(folder, "xmlsec1", "--sign", *key, "--output", "out", "template.xml")
        (one,) = look(signed, ".xml")
        assert one.indication is Indication.TOTAL_PASSED if not uri else one.integrity is Integrity.INTACT
        assert one.uncovered == (2 if uri else 0), "the instruction, and an attribute"
        assert all(
            other.integrity is not Integrity.INTACT for other in look(signed.replace("Thử".encode(), b"Thu"), ".xml")
        )


@needs("pdfsig")
@pytest.mark.parametrize("times", [1, 2])
def test_poppler(tmp_path, times):
    for name, data in (("root.cer", tree().g2_root.certificate_der), ("sub.cer", tree().g2_sub.certificate_der)):
        (tmp_path / name).write_bytes(data)
    key = libreoffice.holder_files(tmp_path, 0, tree().g2_seal)
    make_apart(tmp_path / "nss", [tmp_path / "root.cer"], [tmp_path / "sub.cer"], [key])
    (tmp_path / "0.pdf").write_bytes(letter_pdf())
    for number in range(times):
        names = (f"{number}.pdf", f"{number + 1}.pdf")
        sign = (
            "pdfsig",
            *names,
            "-add-signature",
            "-nick",
            "authority 2",
            "-nssdir",
            "nss",
            "-new-signature-field-name",
        )
        done = subprocess.run(
            [*sign, f"S{number}"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=300
        )
        assert done.returncode == 0, done.stdout + done.stderr
    signed = (tmp_path / f"{times}.pdf").read_bytes()
    assert stand(look(signed, ".pdf"), times)
    assert not stand(look(signed.replace(b"/MediaBox", b"/TrimBoxx", 1), ".pdf"), times)
