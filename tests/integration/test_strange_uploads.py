"""Keys and values that nobody meant to upload poison no message and cost no more than others."""

from unittest.mock import patch

from steward.events import BatchIngested, BatchRejected
from steward.store.bucket import Bucket
from tests.integration import lemons

from .deployment import Deployment


def test_a_folder_that_the_console_makes_is_no_file(steward: Deployment) -> None:
    steward.upload("inbox/lemons/predictions/", "")
    steward.settle()
    assert (steward.published, steward.notifications, steward.failures) == ([], [], [])


def test_a_key_that_names_no_possible_model_starts_no_ledger_of_its_own(steward: Deployment) -> None:
    for name in (" Lemons", "../lemons", "\x01", "x" * 55):
        steward.upload(f"inbox/{name}/predictions/a.csv", "id\n1\n")
    steward.settle()
    assert steward.failures == []
    assert {event.model for event in steward.told(BatchRejected)} == {"unknown"}
    assert {key.split("/")[0] for key in steward.keys("", steward.ledger)} == {"unknown"}
    assert len(steward.notifications) == 4


def test_versions_of_any_length_are_quarantined_without_asking_for_each(trained: Deployment) -> None:
    frame = lemons.predictions(lemons.sales(1, first_day=14)).assign(version=trained.champion("lemons"))
    frame.loc[:99, "version"] = [f"20990101-{number:08d}" for number in range(99)] + ["v" * 2000]
    asked: list[str] = []
    get = Bucket.get

    def noted(self: Bucket, key: str, version_id: str | None = None) -> object:
        asked.append(key)
        return get(self, key, version_id)

    with patch.object(Bucket, "get", noted):
        trained.upload("inbox/lemons/predictions/versions.csv", lemons.csv(frame))
        trained.settle()
    assert trained.failures == []
    assert trained.told(BatchIngested)[-1].rejected_rows == 100
    assert len([key for key in asked if "20990101" in key]) <= 8  # then it is cheaper to have them listed
    assert not [key for key in asked if "vvvv" in key]
