"""Asks a running LibreOffice what it thinks of the signatures of files; run by the Python that has the module `uno`.

python3 uno_signatures.py PIPE FILE...          # one line of JSON for each file, in order
"""

from __future__ import annotations

import json
import sys
import time
from typing import Any

import uno  # type: ignore[import-not-found]

_READ = 1
"""com.sun.star.embed.ElementModes.READ"""


def connect(pipe: str) -> Any:
    local = uno.getComponentContext()
    resolver = local.ServiceManager.createInstanceWithContext("com.sun.star.bridge.UnoUrlResolver", local)
    for _ in range(300):
        try:
            return resolver.resolve(f"uno:pipe,name={pipe};urp;StarOffice.ComponentContext")
        except Exception:  # uno raises its own types; LibreOffice is still starting
            time.sleep(0.2)
    raise SystemExit("LibreOffice does not answer")


def ask(context: Any, file: str) -> list[dict[str, object]]:
    services = context.ServiceManager
    name = "com.sun.star.security.DocumentDigitalSignatures"
    judge = services.createInstanceWithArgumentsAndContext(name, ("1.2", True), context)
    url = uno.systemPathToFileUrl(file)
    if file.endswith(".pdf"):
        access = services.createInstanceWithContext("com.sun.star.ucb.SimpleFileAccess", context)
        found = judge.verifyDocumentContentSignatures(None, access.openFileRead(url))
    else:
        value = uno.createUnoStruct("com.sun.star.beans.PropertyValue")
        value.Name, value.Value = "StorageFormat", "ZipFormat"
        factory = services.createInstanceWithContext("com.sun.star.embed.StorageFactory", context)
        typed = uno.Any("[]com.sun.star.beans.PropertyValue", (value,))
        storage = uno.invoke(factory, "createInstanceWithArguments", ((url, _READ, typed),))
        found = judge.verifyDocumentContentSignatures(storage, None)
    return [
        {
            "valid": one.SignatureIsValid,
            "certificate": one.CertificateStatus,
            "partial": one.PartialDocumentSignature,
            "signer": one.Signer.SubjectName if one.Signer else "",
        }
        for one in found
    ]


def main(pipe: str, files: list[str]) -> None:
    context = connect(pipe)
    for file in files:
        try:
            answer: object = ask(context, file)
        except Exception as error:  # whatever LibreOffice raises is its answer
            answer = {"error": str(error)}
        print(json.dumps(answer), flush=True)
    desktop = context.ServiceManager.createInstanceWithContext("com.sun.star.frame.Desktop", context)
    try:
        desktop.terminate()
    except Exception:  # the connection ends with it
        return


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
