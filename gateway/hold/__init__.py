"""The hold store of the relay: mail that is acknowledged, sealed, and sent only when two persons have decided so.

    seal.py      age files: anybody with the public key seals, only the steward opens
    store.py     the folder `hold/` of the data folder: one sealed file for each mail, limits, one holder of a file at a time
    state.py     what became of a held mail, from its records
    keeping.py   front end: sealed file, records, notice, then 250; any failure before is 451 and leaves nothing
    way.py       the way out: who takes released mail, and whether he would
    release.py   one attempt to send a held mail, recorded so that a crash at any point is told rightly

A mail is held from the moment its outcome `held` is in the log until another outcome follows. The files follow from the
records, never the other way round. Off without `hold.release` in `gateway.yaml` (docs/decisions/0030).
"""
