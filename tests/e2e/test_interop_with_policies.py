"""Programs that nobody here wrote, a real Postfix behind us, and the real engine between: policies, children, audit.

The tests are those of `tests/interop` that say something about the engine; only what stands behind the front end differs.
"""

import asyncio

import pytest

from gateway.audit import AuditLog
from gateway.config.sections import Configuration
from gateway.model import Language
from gateway.model.reference import make_reference
from gateway.pipeline.judge import Judge
from gateway.pipeline.rulebook import Rulebook
from gateway.pipeline.stages import Pipeline
from gateway.serve.app import inspection_limits, outgoing, start_workers
from tests.interop.conftest import front, pki, postfix  # noqa: F401 - fixtures
from tests.interop.test_clients_and_postfix import (  # noqa: F401 - run here with another engine
    test_a_dkim_signature_made_before_us_verifies_after_us,
    test_curl_sends_25_megabytes_unchanged,
    test_dsn_parameters_arrive_at_postfix,
    test_smtplib_with_smtputf8_and_two_mails_in_one_session,
    token,
)

pytestmark = [pytest.mark.system, pytest.mark.slow]


@pytest.fixture(scope="session")
def workers():
    pool = start_workers(Configuration())
    yield pool
    pool.close()


@pytest.fixture
async def engine_factory(tmp_path, workers):
    """The pipeline as `gateway serve` makes it, in this process; in monitor mode, for the domains are invented."""
    configuration = Configuration(data=tmp_path / "data", policy="monitor", hostname="gateway.test")
    rulebook = Rulebook(configuration)
    audit = AuditLog.open(configuration.data)
    await audit.start(policy=rulebook.current.policies.name, policy_digest=rulebook.current.policies.digest)
    added = outgoing(configuration)
    judge = Judge(rulebook=rulebook, workers=workers.connect(), limits=inspection_limits(configuration), outgoing=added)
    yield lambda: Pipeline(judge, audit, outgoing=added, languages=(Language.VI,), new_reference=make_reference)
    await asyncio.wait_for(audit.close(), 300)
