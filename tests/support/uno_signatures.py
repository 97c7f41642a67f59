"""Asks a running LibreOffice what it thinks of the signatures of files, or to sign them; run by the Python that has `uno`.

python3 uno_signatures.py ask PIPE FILE...      # one line of JSON for each file, in order
python3 uno_signatures.py sign PIPE FILE...     # the same; every file is signed in place by each holder of a key
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import uno  # type: ignore[import-not-found]

_READ, _READ_WRITE = 1, 7
"""com.sun.star.embed.ElementModes"""


def connect(pipe: str) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(300):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:  # uno raises its own types; LibreOffice is still starting
            time.sleep(0.2)
    raise SystemExit("LibreOffice does not answer")


def judge_of(context: Any) -> Any:
    name = "com.sun.star.security.DocumentDigitalSignatures"
    return context.ServiceManager.createInstanceWithArgumentsAndContext(name, ("1.2", True), context)


def storage_of(context: Any, url: str, mode: int) -> Any:
    value = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    value.Name, value.Value = "StorageFormat", "ZipFormat"
    factory = context.ServiceManager.createInstanceWithContext("com.sun.star.embed.StorageFactory", context)
    typed = uno.Any("[]com.sun.star.beans.PropertyValue", (value,))
    return uno.invoke(factory, "createInstanceWithArguments", ((url, mode, typed),))


def access_to(context: Any) -> Any:
    return context.ServiceManager.createInstanceWithContext("com.sun.star.ucb.SimpleFileAccess", context)


def opens(context: Any, url: str) -> bool:
    """Whether the file can be opened as a document."""
    hidden = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
    hidden.Name, hidden.Value = "Hidden", True
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    document = desktop.loadComponentFromURL(url, "_blank", 0, (hidden,))
    if document is not None:
        document.close(True)
    return document is not None


def ask(context: Any, file: str) -> list[dict[str, object]]:
    url = uno.systemPathToFileUrl(file)
    opened = opens(context, url)
    if file.endswith(".pdf"):
        found = judge_of(context).verifyDocumentContentSignatures(None, access_to(context).openFileRead(url))
    else:
        found = judge_of(context).verifyDocumentContentSignatures(storage_of(context, url, _READ), None)
    return [
        {
            "opened": opened,
            "valid": one.SignatureIsValid,
            "certificate": one.CertificateStatus,
            "partial": one.PartialDocumentSignature,
            "signer": one.Signer.SubjectName if one.Signer else "",
        }
        for one in found
    ]


def sign(context: Any, file: str) -> list[dict[str, object]]:
    seed = context.ServiceManager.createInstanceWithContext("com.sun.star.xml.crypto.SEInitializer", context)
    holders = seed.createSecurityContext("").getSecurityEnvironment().getPersonalCertificates()
    url = uno.systemPathToFileUrl(file)
    done: list[dict[str, object]] = []
    for holder in sorted(holders, key=lambda one: one.SubjectName):
        if file.endswith(".pdf"):
            stream = access_to(context).openFileReadWrite(url)
            signed = judge_of(context).signDocumentWithCertificate(holder, None, stream)
            stream.getOutputStream().closeOutput()
        else:
            storage = storage_of(context, url, _READ_WRITE)
            signed = judge_of(context).signDocumentWithCertificate(holder, storage, None)
            storage.dispose()
        done.append({"signed": signed})
    return done


def main(what: str, pipe: str, files: list[str]) -> None:
    context = connect(pipe)
    for file in files:
        try:
            answer: object = (sign if what == "sign" else ask)(context, file)
        except Exception as error:  # whatever LibreOffice raises is its answer
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    try:
        desktop.terminate()
    except Exception:  # the connection ends with it
        return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
