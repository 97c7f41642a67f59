"""Hold store of the relay: mail acknowledged with 250, encrypted at rest, sent only when two persons approve.

    seal.py      age encryption: the public key seals, only the steward's private key opens
    store.py     folder `hold/` of the data folder: one sealed file per mail, limits, file locks as leases
    state.py     state of a held mail, derived from its audit records
    keeping.py   front end: sealed file, audit records, notice, then 250; any earlier failure is 451
    way.py       outbound server for released mail, and its test
    release.py   one delivery attempt, recorded so that the state is correct after a crash at any point

A mail is held from its outcome record `held` until the next outcome record. Files follow from the records, never the
reverse. Disabled without `hold.release` in `gateway.yaml` (docs/decisions/0030).
"""
