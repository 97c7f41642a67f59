"""Make the dictionary by which kept facts are packed: python -m tests.audit.facts_dictionary gateway/audit/facts.zdict.

It learns from the facts of the policies' cases and of mails with header fields as mail clients write them. A dictionary
in use is never replaced: frames name theirs.
"""

import random
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

from msgspec import structs

from gateway.audit.kept import unpack
from gateway.documents.wall.inline import inspect_inline
from gateway.engine import observe
from gateway.mime import parse
from gateway.model import Envelope, Evidence, FrontEnd, Language, Session
from gateway.system.zstandard import zstd
from tests.audit.test_kept_facts import KEYED, keep, mails
from tests.support.policies import preset

LENGTH = 4096
FIELDS = (
    "Received", "Message-ID", "Date", "MIME-Version", "User-Agent", "Content-Language", "Subject", "To", "From", "Cc", "Reply-To",
    "In-Reply-To", "References", "X-Mailer", "Thread-Topic", "Thread-Index", "X-Originating-IP", "X-Priority", "Importance",
    "X-MS-Has-Attach", "X-MS-TNEF-Correlator", "Return-Path", "DKIM-Signature", "Disposition-Notification-To", "Organization",
)  # fmt: skip
POLICIES = preset().policies


def texts(count: int, chance: random.Random) -> Iterator[Evidence]:
    """Yield mails of plain text, each from another client."""
    now = next(iter(mails().values())).now
    for _ in range(count):
        mail = EmailMessage(policy=SMTP)
        sender, recipient = (f"{chance.randbytes(5).hex()}.binhtan@tphcm.gov.vn" for _ in range(2))
        mail["From"], mail["To"] = sender, recipient
        for name in chance.sample(FIELDS, chance.randint(4, 14)):
            if name not in mail:
                mail[name] = "x"
        mail.set_content(
            "Kính gửi anh.\n" * chance.randint(1, 40), cte=chance.choice(("8bit", "base64", "quoted-printable"))
        )
        content = mail.as_bytes()
        message = parse(content)
        found = inspect_inline(message, content)
        if found is None:
            continue
        address = f"10.{chance.randrange(256)}.{chance.randrange(256)}.{chance.randrange(256)}"
        session = Session(
            front_end=chance.choice((FrontEnd.RELAY, FrontEnd.SUBMISSION)),
            client_address=address,
            helo=f"[{address}]",
            tls=chance.choice((None, "TLSv1.3 TLS_AES_256_GCM_SHA384")),
            auth_user=chance.choice((None, sender)),
            languages=(Language.VI,),
        )
        yield Evidence(
            now=now,
            session=session,
            envelope=Envelope(reverse_path=sender, forward_paths=(recipient,)),
            message=structs.replace(message, root=found.root),
            documents=found.documents,
        )


def main() -> None:
    """Write the dictionary."""
    chance = random.Random(7600)
    learnt = [*mails().values(), *texts(400, chance)]
    chance.shuffle(learnt)
    kept = [keep(observe(mail, POLICIES), KEYED, guarded=False) for mail in learnt]
    bodies = [unpack(one.packed) for one in kept if one is not None]
    Path(sys.argv[1]).write_bytes(zstd.train_dict(bodies, LENGTH).dict_content)


if __name__ == "__main__":
    main()
