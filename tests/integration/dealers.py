"""A model whose rows are of dealers, one of whom is to be erased."""

import gzip
import io
import zipfile
from dataclasses import replace
from datetime import datetime
from typing import Any

import pandas as pd
from arro3.io import read_parquet

from steward import aws
from steward.erasure.erasure import Erasure
from steward.erasure.erasure_work import SETTLING
from steward.erasure.subject_forms import subject_pseudonyms
from steward.events import ErasureRequested, SubjectErased
from steward.store.pseudonym_key import PseudonymKey
from tests.integration import lemons

from .deployment import Deployment, Objects, deployed

SUBJECT = "dealer-Zq7x"
OTHER = "dealer-Yw3k"
SPEC = lemons.SPEC.replace("label: lemon}", "label: lemon, entity: dealer}").replace("{length: 1d}", "{length: 7d}")


def with_dealers(frame: pd.DataFrame, every: int = 10) -> pd.DataFrame:
    """Rows of dealers; one of ten is the subject's, and its ids say so."""
    mine = [row % every == 0 for row in range(len(frame))]
    names = [SUBJECT if one else f"{OTHER}{row % 7}" for row, one in enumerate(mine)]
    sales = [f"{sale}-Zq7x" if one else sale for sale, one in zip(frame["sale"], mine, strict=True)]
    return frame.assign(dealer=names, sale=sales)


def sold(day: int, rows: int = 40) -> pd.DataFrame:
    return with_dealers(lemons.sales(1, first_day=day, rows_a_day=rows))


def with_key(steward: Deployment) -> Deployment:
    """Give the functions that are there already a key of pseudonyms."""
    arn = aws.kms().create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    steward.arns["pseudonym_key"] = arn
    for name in ("erase_subject", "ingest_records", "register_model"):
        function = steward.handlers[name].handler
        settings = function.runtime.settings.model_copy(update={"pseudonym_key_arn": arn})
        function.runtime = replace(function.runtime, settings=settings)
    return steward


def store_dealers() -> tuple[Objects, datetime]:
    """What is stored of a model whose rows are of dealers, with every kind of file."""
    with deployed() as steward:
        with_key(steward)
        lemons.begin_with(steward, SPEC, with_dealers(lemons.sales(14, rows_a_day=80)))
        day = sold(14)
        steward.upload("inbox/lemons/predictions/15.csv", lemons.csv(lemons.predictions(day)))
        steward.settle()
        steward.upload("inbox/lemons/labels/15.csv", lemons.csv(lemons.labels(day)))
        bad = lemons.predictions(sold(15, 20))
        bad["sold_at"] = [None if row < 5 else time for row, time in enumerate(bad["sold_at"])]
        steward.upload("inbox/lemons/predictions/bad.csv", lemons.csv(bad))
        steward.upload("inbox/lemons/predictions/bad.csv", lemons.csv(bad.assign(make="Ford")))
        early = lemons.labels(day, timed=False).assign(lemon=0)
        steward.upload("inbox/lemons/labels/early.csv", lemons.csv(early))
        steward.upload("inbox/lemons/predictions/unreadable.csv", f'sale,dealer\n"s9,{SUBJECT}\n')
        steward.settle()
        assert not steward.errors, steward.errors
        return steward.snapshot(), steward.clock.now


def request(steward: Deployment, value: str = SUBJECT, **said: Any) -> ErasureRequested:
    key = PseudonymKey(steward.arns["pseudonym_key"]).of_model("lemons")
    now, (subject, *stored_as) = steward.clock.now, subject_pseudonyms(key, value)
    return ErasureRequested(
        occurred_at=now, model="lemons", as_of=now, correlation_id="erase", subject=subject, stored_as=stored_as,
        reason="asked by letter", author="arn:aws:iam::123456789012:user/ann", **said,
    )  # fmt: skip


def erase(steward: Deployment, asked: ErasureRequested) -> Erasure:
    """Deliver it, and again once what was read before must be written."""
    assert steward.deliver("erase_subject", asked), steward.errors
    steward.clock.pass_by(SETTLING)
    assert steward.deliver("erase_subject", asked, copy="later"), steward.errors
    steward._observe()
    return Erasure.model_validate(steward.object(steward.told(SubjectErased)[-1].stored.key))


def traces(steward: Deployment, *words: str) -> list[str]:
    """Every version of every object of both buckets that has one of some words, however it is packed."""
    found = []
    for bucket in (steward.data, steward.ledger):
        for page in aws.s3().get_paginator("list_object_versions").paginate(Bucket=bucket):
            for item in page.get("Versions", []):
                got = aws.s3().get_object(Bucket=bucket, Key=item["Key"], VersionId=item["VersionId"])
                text = "\n".join([unpacked(got["Body"].read()), str(got["Metadata"])])
                found += [f"{bucket}/{item['Key']} {word}" for word in words if word in text]
    return found


def unpacked(body: bytes) -> str:
    if body[:2] == b"\x1f\x8b":
        body = gzip.decompress(body)
    if body[:4] == b"PAR1":
        batches = read_parquet(io.BytesIO(body))
        return str([[batch.column(name).to_pylist() for name in batch.schema.names] for batch in batches])
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return "\n".join(packed.read(name).decode(errors="replace") for name in packed.namelist())
    return body.decode(errors="replace")
