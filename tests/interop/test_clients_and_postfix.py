"""Programs that nobody here wrote send through the gateway to a real Postfix: by STARTTLS, by implicit TLS, by relay."""

import asyncio
import base64
import hashlib
import os
import smtplib
import ssl
import subprocess
import uuid

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.interop.conftest import LOGIN, PASSWORD, need, program

pytestmark = pytest.mark.system

SENDER, RECIPIENT = "vanthu@binhtan.test", "office@city.test"


BODY = "Kính gửi Văn phòng.\r\n".encode()


def compose(token, body=BODY):
    return (
        f"From: {SENDER}\r\nTo: {RECIPIENT}\r\nSubject: {token}\r\nMIME-Version: 1.0\r\n"
        "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: 8bit\r\n\r\n"
    ).encode() + body


def body_of(mail):
    return mail.replace(b"\r\n", b"\n").partition(b"\n\n")[2]


def need_swaks_with_tls():
    """Skip unless swaks is there with the Perl module that gives it TLS."""
    need("swaks", "perl")
    if subprocess.run(["perl", "-MNet::SSLeay", "-e1"], capture_output=True, check=False).returncode:
        pytest.skip("swaks has no TLS: libnet-ssleay-perl is not installed (make system)")


@pytest.fixture
def token():
    return f"thu-{uuid.uuid4().hex}"


@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_swaks(front, postfix, pki, token, mechanism, tls):
    need_swaks_with_tls()
    async with front() as gateway:
        port, flag = (gateway.submission, "--tls") if tls == "starttls" else (gateway.implicit, "--tls-on-connect")
        code, said = await program(
            "swaks", "--server", "127.0.0.1", "--port", port, flag, "--tls-ca-path", pki.ca_file, "--tls-verify-ca",
            "--auth", mechanism, "--auth-user", LOGIN, "--auth-password", PASSWORD,
            "--from", SENDER, "--to", RECIPIENT, "--header", f"Subject: {token}", "--body", ".dot\nKính gửi\n..\n",
        )  # fmt: skip
        assert code == 0, said
        assert "235 2.7.0 Authentication successful" in said
        mail = await postfix.wait_for(token)
        assert b"\n.dot\nK\xc3\xadnh g\xe1\xbb\xadi\n..\n" in mail.replace(b"\r\n", b"\n")
        assert gateway.engine.transactions[0].session.auth_user == LOGIN
        assert gateway.engine.transactions[0].session.tls.startswith("TLSv1.")


async def test_swaks_with_a_wrong_password_sees_postfix_own_words(front, pki):
    need_swaks_with_tls()
    async with front() as gateway:
        code, said = await program(
            "swaks", "--server", "127.0.0.1", "--port", gateway.submission, "--tls", "--auth", "PLAIN",
            "--auth-user", LOGIN, "--auth-password", "wrong", "--from", SENDER, "--to", RECIPIENT,
        )  # fmt: skip
        assert code != 0
        assert "535 5.7.8 Error: authentication failed" in said


async def test_swaks_with_one_refused_recipient_sees_both_answers(front, postfix, token):
    need("swaks")
    async with front() as gateway:
        code, said = await program(
            "swaks", "--server", "127.0.0.1", "--port", gateway.relay, "--from", SENDER,
            "--to", f"{RECIPIENT},nobody@city.test", "--header", f"Subject: {token}",
        )  # fmt: skip
        assert code in {0, 24}, said
        assert "250 2.1.5 Ok" in said
        assert "554 5.7.1 <nobody@city.test>" in said
        await postfix.wait_for(token)


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_curl_sends_25_megabytes_unchanged(front, postfix, pki, token, tmp_path, tls):
    need("curl")
    line = os.urandom(36).hex().encode() + b"\r\n"
    body = line * (25 * 1024 * 1024 // len(line))
    path = tmp_path / "mail.eml"
    path.write_bytes(compose(token, body))
    async with front() as gateway:
        url = f"smtp://127.0.0.1:{gateway.submission}" if tls == "starttls" else f"smtps://127.0.0.1:{gateway.implicit}"
        code, said = await program(
            "curl", "-sS", "--url", url + "/client.test", "--ssl-reqd", "--cacert", pki.ca_file,
            "--connect-to", "::127.0.0.1:", "--insecure", "--user", f"{LOGIN}:{PASSWORD}",
            "--mail-from", SENDER, "--mail-rcpt", RECIPIENT, "--upload-file", path, timeout=300,
        )  # fmt: skip
        assert code == 0, said
        mail = await postfix.wait_for(token)
        got = body_of(mail).rstrip(b"\n") + b"\n"
        assert hashlib.sha256(got).digest() == hashlib.sha256(body.replace(b"\r\n", b"\n")).digest()


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_msmtp(front, postfix, pki, token, tmp_path, tls):
    need("msmtp")
    async with front() as gateway:
        port = gateway.submission if tls == "starttls" else gateway.implicit
        config = tmp_path / "msmtprc"
        config.write_text(
            f"account default\nhost 127.0.0.1\nport {port}\ntls on\ntls_starttls {'on' if tls == 'starttls' else 'off'}\n"
            f"tls_trust_file {pki.ca_file}\ntls_host_override gateway.test\nauth plain\nuser {LOGIN}\n"
            f"password {PASSWORD}\nfrom {SENDER}\ndsn_notify success\ndsn_return headers\n"
        )
        config.chmod(0o600)
        code, said = await program("msmtp", "-C", config, RECIPIENT, stdin=compose(token).replace(b"\r\n", b"\n"))
        assert code == 0, said
        await postfix.wait_for(token)
        assert gateway.engine.transactions[0].envelope.rcpt_parameters == (("NOTIFY=SUCCESS",),)


async def test_mutt(front, postfix, pki, token, tmp_path):
    need("mutt")
    attached = tmp_path / "cong-van.txt"
    attached.write_text("Kính gửi Văn phòng.\n", "utf-8")
    async with front() as gateway:
        config = tmp_path / "muttrc"
        config.write_text(
            f'set smtp_url="smtp://{LOGIN.replace("@", "%40")}@127.0.0.1:{gateway.submission}/"\n'
            f'set smtp_pass="{PASSWORD}"\nset ssl_force_tls=yes\nset ssl_starttls=yes\nset ssl_verify_host=no\n'
            f'set ssl_ca_certificates_file="{pki.ca_file}"\nset certificate_file="{pki.ca_file}"\n'
            f'set from="{SENDER}"\nset use_envelope_from=yes\nset envelope_from_address="{SENDER}"\nset copy=no\n'
        )
        config.chmod(0o600)
        arguments = ("-n", "-F", config, "-s", f"Báo cáo {token}", "-a", attached, "--", RECIPIENT)
        environment = {"HOME": str(tmp_path), "LC_ALL": "C.UTF-8"}
        code, said = await program("mutt", *arguments, stdin=f"{token}\n".encode(), env=environment)
        assert code == 0, said
        await postfix.wait_for(token)
        assert gateway.engine.transactions[0].envelope.reverse_path == SENDER


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_smtplib_with_smtputf8_and_two_mails_in_one_session(front, postfix, pki, token, tls):
    def send(submission, implicit):
        context = ssl.create_default_context(cafile=pki.ca_file)
        context.check_hostname = False
        if tls == "starttls":
            client = smtplib.SMTP("127.0.0.1", submission, timeout=300)
            client.starttls(context=context)
        else:
            client = smtplib.SMTP_SSL("127.0.0.1", implicit, timeout=300, context=context)
        with client:
            client.login(LOGIN, PASSWORD)
            options = ["SMTPUTF8", "BODY=8BITMIME"]
            client.sendmail("nguyễn@binhtan.test", ["trần@city.test"], compose(token + "-1"), mail_options=options)
            return client.sendmail(SENDER, [RECIPIENT, "nobody@city.test"], compose(token + "-2"))

    async with front() as gateway:
        refused = await asyncio.to_thread(send, gateway.submission, gateway.implicit)
        assert set(refused) == {"nobody@city.test"}
        first = await postfix.wait_for(token + "-1")
        assert "<nguyễn@binhtan.test>".encode() in first
        await postfix.wait_for(token + "-2")
        assert gateway.engine.transactions[0].envelope.smtputf8


@pytest.fixture(scope="session")
def nodemailer(tmp_path_factory):
    """Install nodemailer for this run; skip when npm or its registry is not there."""
    need("node", "npm")
    folder = tmp_path_factory.mktemp("nodemailer")
    command = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--prefix", folder, "nodemailer"]
    try:
        installed = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    except subprocess.TimeoutExpired:
        pytest.skip("npm registry not reachable")
    if installed.returncode:
        pytest.skip(f"npm registry not reachable: {installed.stderr[-200:]}")
    return folder


NODE = """
const nodemailer = require("nodemailer");
const fs = require("fs");
const [, , port, secure, user, pass, token, ca, from, to] = process.argv;
const transport = nodemailer.createTransport({
  host: "127.0.0.1", port: Number(port), secure: secure === "1", requireTLS: true, name: "client.test",
  auth: { user, pass }, tls: { ca: fs.readFileSync(ca), servername: "gateway.test" },
});
transport.sendMail({
  from, to, subject: token, text: "Kính gửi Văn phòng.\\n.\\n..hai chấm\\n",
  attachments: [{ filename: "Báo cáo số 12.pdf", content: Buffer.alloc(2000000, "x") }],
  dsn: { id: "env-" + token, return: "headers", notify: ["failure", "delay"], recipient: to },
}).then(info => { console.log(info.response); process.exit(0); }, error => { console.error(String(error)); process.exit(1); });
"""


@pytest.mark.parametrize("secure", ["0", "1"])
async def test_nodemailer(front, postfix, pki, token, nodemailer, tmp_path, secure):
    script = nodemailer / "send.js"
    script.write_text(NODE)
    async with front() as gateway:
        port = gateway.implicit if secure == "1" else gateway.submission
        code, said = await program("node", script, port, secure, LOGIN, PASSWORD, token, pki.ca_file, SENDER, RECIPIENT)
        assert code == 0, said
        assert "queued as" in said
        await postfix.wait_for(token)
        envelope = gateway.engine.transactions[0].envelope
        assert f"ENVID=env-{token}" in envelope.mail_parameters


async def test_dsn_parameters_arrive_at_postfix(front, postfix, token):
    def send(port):
        with smtplib.SMTP("127.0.0.1", port, timeout=300) as client:
            client.ehlo()
            client.sendmail(
                SENDER,
                [RECIPIENT],
                compose(token),
                mail_options=["RET=HDRS", f"ENVID=E-{token}"],
                rcpt_options=["NOTIFY=SUCCESS", "ORCPT=rfc822;Office+2BOriginal@City.Test"],
            )

    async with front() as gateway:
        await asyncio.to_thread(send, gateway.relay)
        notice = await postfix.wait_for(f"Original-Envelope-Id: E-{token}")
        assert b"Original-Recipient: rfc822;Office+Original@City.Test" in notice
        assert b"Action: delivered" in notice or b"Action: relayed" in notice


async def test_a_dkim_signature_made_before_us_verifies_after_us(front, postfix, token):
    dkim = pytest.importorskip("dkim")
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.TraditionalOpenSSL, serialization.NoEncryption()
    )
    der = key.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    record = b"v=DKIM1; k=rsa; p=" + base64.b64encode(der)
    content = compose(token, "Dòng một\r\n.chấm\r\n\r\n  cuối \r\n".encode())
    signed = dkim.sign(content, b"s1", b"binhtan.test", pem, canonicalize=(b"simple", b"simple")) + content

    def send(port):
        with smtplib.SMTP("127.0.0.1", port, timeout=300) as client:
            client.ehlo()
            client.sendmail(SENDER, [RECIPIENT], signed, mail_options=["BODY=8BITMIME"])

    async with front() as gateway:
        await asyncio.to_thread(send, gateway.relay)
        mail = await postfix.wait_for(token)
    start = mail.index(b"DKIM-Signature")
    arrived = mail[start:].replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    assert dkim.verify(arrived, dnsfunc=lambda name, timeout=5: record)
    assert not dkim.verify(arrived.replace(b"cu\xe1\xbb\x91i", b"x"), dnsfunc=lambda name, timeout=5: record)


async def test_no_password_in_the_log_of_postfix_or_our_events(front, postfix):
    assert PASSWORD not in postfix.log()
