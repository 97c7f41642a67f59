"""The preset relays the ordinary mails of the corpus, but for those that a reader could trip over."""

import pytest

from tests.accuracy import mails
from tests.support.corpus import CORPUS
from tests.support.long import LONG


@pytest.mark.slow
@pytest.mark.skipif(not (CORPUS / "mail-mime").is_dir(), reason=f"no corpus at {CORPUS}; set GATEWAY_CORPUS")
def test_ordinary_mails_are_not_refused_for_their_structure() -> None:
    groups = mails.measure(step=1 if LONG else 5)
    ordinary, damaged = groups["ordinary"], groups["damaged or hostile"]
    assert ordinary.total > (180 if LONG else 36)
    assert damaged.total > (50 if LONG else 9)
    assert sum(ordinary.reasons["opaque.ambiguous"].values()) <= 8
    assert set(ordinary.reasons["opaque.ambiguous"]) <= {
        "bare-lf", "boundary-prefix", "header-name", "header-without-colon", "unknown-encoding",
    }  # fmt: skip
    # What was made to be read in two ways stays refused.
    assert sum(damaged.reasons["opaque.ambiguous"].values()) >= (15 if LONG else 2)
