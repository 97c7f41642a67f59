"""Archives in an S3 bucket with object lock: no credential can delete or replace one within its retention period.

The only module that imports boto3, and only for `--to s3://`. Credentials come from AWS's usual places: the
environment (AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY), or the file named by AWS_SHARED_CREDENTIALS_FILE.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from gateway.cluster.archive import Put
from gateway.errors import UserError
from gateway.texts.catalogue import both

_DIGEST = "sha256"


def into_bucket(where: str, *, retain_days: int, endpoint: str | None = None) -> Put:
    """Return a store that uploads archives under `s3://BUCKET/PREFIX`, each locked (COMPLIANCE) for `retain_days`.

    `endpoint` is the URL of a server other than AWS. UserError when boto3 is missing; other faults are raised by the
    first upload.
    """
    try:
        import boto3
        from botocore.config import Config
    except ImportError as error:
        raise UserError(both("cluster", "archive", "no_library", error=error)) from None
    from botocore.exceptions import BotoCoreError, ClientError

    parts = urlsplit(where)
    bucket, prefix = parts.netloc, parts.path.strip("/")
    patience = Config(connect_timeout=10, read_timeout=60, retries={"max_attempts": 3})
    try:
        client = boto3.client("s3", endpoint_url=endpoint, config=patience)
    except (BotoCoreError, ValueError) as error:
        raise UserError(both("cluster", "archive", "refused", where=where, error=error)) from None

    def put(file: Path, name: str) -> bool:
        key = "/".join(filter(None, (prefix, name)))
        try:
            fresh = _put(client, bucket, key, file, datetime.now(UTC) + timedelta(days=retain_days))
        except (BotoCoreError, ClientError) as error:
            raise UserError(both("cluster", "archive", "refused", where=f"{where} ({key})", error=error)) from None
        return fresh

    return put


def _put(client: Any, bucket: str, key: str, file: Path, until: datetime) -> bool:
    from botocore.exceptions import ClientError

    with file.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    try:
        there = client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response.get("ResponseMetadata", {}).get("HTTPStatusCode") != 404:
            raise
    else:
        if there.get("Metadata", {}).get(_DIGEST) == digest and there.get("ObjectLockMode") == "COMPLIANCE":
            return False
        raise UserError(both("cluster", "archive", "other", key=key))
    with file.open("rb") as stream:
        client.put_object(
            Bucket=bucket,
            Key=key,
            Body=stream,
            Metadata={_DIGEST: digest},
            ObjectLockMode="COMPLIANCE",
            ObjectLockRetainUntilDate=until,
        )
    locked = client.head_object(Bucket=bucket, Key=key)
    if locked.get("ObjectLockMode") != "COMPLIANCE" or locked["ContentLength"] != file.stat().st_size:
        raise UserError(both("cluster", "archive", "unlocked", key=key))
    return True
