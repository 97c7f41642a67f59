"""The section `self_check` of `gateway.yaml`: the mailbox for mails that are checked and not relayed."""

from __future__ import annotations

from gateway.config.section import Section
from gateway.config.values import OptionalMailbox


class SelfCheck(Section):
    """The self-check mailbox."""

    address: OptionalMailbox = ""
