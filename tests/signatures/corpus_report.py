"""Which corpus files are judged otherwise than labelled: `python -m tests.signatures.corpus_report [SET or FILE part]`."""

import json
import os
import sys
import time
import traceback
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

CORPUS = Path(os.environ.get("GATEWAY_CORPUS", Path(__file__).resolve().parents[3] / "shared" / "corpus"))
SETS = ("pdf-signatures", "office-signatures", "asic-cms-xml", "vietnam")
GOOD = {"valid", "valid-with-form-fill"}
BAD = {"modified", "broken", "malformed", "spoofed", "modified-annotations"}


def rows(sets=SETS):
    for name in sets:
        manifest = CORPUS / name / "manifest.jsonl"
        for line in manifest.read_text("utf-8").splitlines():
            row = json.loads(line)
            if (CORPUS / row["file"]).exists() and "signature" in row["expected"]:
                yield row


def is_sound(signatures):
    """The rule that the corpus is scored by."""
    return bool(signatures) and all(
        s.integrity.value == "intact" and s.changes.value in ("none", "allowed") and s.coverage.value != "unknown"
        for s in signatures
    )


def judge(row, verify):
    """Return whether the label is met, None when it asks nothing, and the signatures."""
    signatures = verify(CORPUS / row["file"])
    label = row["expected"]["signature"]
    if label in GOOD:
        return is_sound(signatures), signatures
    if label in BAD:
        return not is_sound(signatures), signatures
    if label == "none":
        return not signatures, signatures
    return None, signatures


def main(argv):
    from tests.signatures.corpus import verify_file

    wanted = [a for a in argv if not a.startswith("-")]
    table = Counter()
    started = time.process_time()
    for row in rows():
        if wanted and not any(w in row["file"] for w in wanted):
            continue
        label = row["expected"]["signature"]
        try:
            ok, signatures = judge(row, verify_file)
        except Exception:
            traceback.print_exc()
            ok, signatures = False, ()
        if ok is None and "-v" not in argv:
            continue
        table[row["file"].split("/")[0], label, bool(ok)] += 1
        if not ok or "-v" in argv:
            print(f"{'ok   ' if ok else 'WRONG' if ok is False else '     '} {label:12} {row['file']}")
            for s in signatures:
                who = s.signer.common_name if s.signer else None
                print(
                    f"         {s.field!r} {s.integrity.value} {s.coverage.value} {s.changes.value} {s.trust.value} "
                    f"{s.indication.value}/{s.sub_indication} ts={s.document_timestamp} {who} {s.problems}"
                )
    for (name, label, ok), count in sorted(table.items()):
        print(f"{name:18} {label:22} {'right' if ok else 'WRONG'} {count}")
    print(f"{time.process_time() - started:.2f} s CPU at {datetime.now(UTC):%H:%M}")


if __name__ == "__main__":
    main(sys.argv[1:])
