"""`erase_subject`: whatever holds rows of a subject is found and cleared, wherever the process dies."""

import gzip
import io
import zipfile
from collections.abc import Iterator
from dataclasses import replace

import pandas as pd
import pytest
from arro3.io import read_parquet

from steward import aws
from steward.erasure.erasure import Erasure
from steward.erasure.erasure_work import SETTLING
from steward.erasure.subject_forms import subject_pseudonyms
from steward.events import ErasureRequested, SubjectErased
from steward.store.pseudonym_key import PseudonymKey
from tests.integration import lemons

from .deployment import Deployment, deployed

SUBJECT = "dealer-Zq7x"
OTHER = "dealer-Yw3k"
SPEC = lemons.SPEC.replace("score: risk, label: lemon}", "score: risk, label: lemon, entity: dealer}")


def with_dealers(frame: pd.DataFrame, every: int = 10) -> pd.DataFrame:
    """One row of ten is the subject's."""
    names = [SUBJECT if row % every == 0 else f"{OTHER}{row % 7}" for row in range(len(frame))]
    sales = [f"{sale}{'-Zq7x' if name == SUBJECT else ''}" for sale, name in zip(frame["sale"], names, strict=True)]
    return frame.assign(dealer=names, sale=sales)


def with_key(steward: Deployment) -> Deployment:
    """Give the functions that are there already a key of pseudonyms."""
    arn = aws.kms().create_key(KeySpec="HMAC_256", KeyUsage="GENERATE_VERIFY_MAC")["KeyMetadata"]["Arn"]
    steward.arns["pseudonym_key"] = arn
    for name in ("erase_subject", "ingest_records"):
        function = steward.handlers[name].handler
        settings = function.runtime.settings.model_copy(update={"pseudonym_key_arn": arn})
        function.runtime = replace(function.runtime, settings=settings)
    return steward


def request(steward: Deployment, value: str = SUBJECT, **said: object) -> ErasureRequested:
    key = PseudonymKey(steward.arns["pseudonym_key"]).of_model("lemons")
    now, (subject, *stored_as) = steward.clock.now, subject_pseudonyms(key, value)
    return ErasureRequested(
        occurred_at=now, model="lemons", as_of=now, correlation_id="erase", subject=subject, stored_as=stored_as,
        reason="asked by letter", author="arn:aws:iam::123456789012:user/ann", **said,
    )  # fmt: skip


def erase(steward: Deployment, asked: ErasureRequested) -> SubjectErased:
    """Deliver it, and again once what was read before must be written."""
    assert steward.deliver("erase_subject", asked), steward.errors
    if not steward.told(SubjectErased):
        steward.clock.pass_by(SETTLING)
        assert steward.deliver("erase_subject", asked, copy="later"), steward.errors
        steward._observe()
    return steward.told(SubjectErased)[-1]


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
        return str(
            [
                [batch.column(name).to_pylist() for name in batch.schema.names]
                for batch in read_parquet(io.BytesIO(body))
            ]
        )
    if body[:4] == b"PK\x03\x04":
        with zipfile.ZipFile(io.BytesIO(body)) as packed:
            return "\n".join(packed.read(name).decode(errors="replace") for name in packed.namelist())
    return body.decode(errors="replace")


@pytest.fixture
def dealt() -> Iterator[Deployment]:
    """A model whose rows are of dealers, with every kind of file."""
    with deployed() as steward:
        with_key(steward)
        lemons.begin_with(steward, SPEC, with_dealers(lemons.sales(14, rows_a_day=150)))
        sold = with_dealers(lemons.sales(1, first_day=14, rows_a_day=40))
        steward.upload("inbox/lemons/predictions/15.csv", lemons.csv(lemons.predictions(sold)))
        steward.settle()
        steward.upload("inbox/lemons/labels/15.csv", lemons.csv(lemons.labels(sold)))
        bad = lemons.predictions(with_dealers(lemons.sales(1, first_day=15, rows_a_day=20))).assign(age="old")
        steward.upload("inbox/lemons/predictions/bad.csv", lemons.csv(bad))
        steward.upload("inbox/lemons/labels/early.csv", f"sale,lemon\nunknown-Zq7x,1\n{sold['sale'][0]},0\n")
        steward.settle()
        assert not steward.errors, steward.errors
        yield steward


def test_nothing_of_a_subject_is_left_in_any_version_of_any_object(dealt: Deployment) -> None:
    assert traces(dealt, SUBJECT)
    erased = erase(dealt, request(dealt))
    assert traces(dealt, SUBJECT) == []
    statement = Erasure.model_validate(dealt.object(erased.stored.key))
    print(statement.model_dump_json(indent=1, exclude={"erased"}))
    assert statement.versions[0].champion
    assert erased.trained == [dealt.champion("lemons")]
    print(traces(dealt, "Zq7x"))
    assert 0
