"""Personal data of a model: what is done with columns that hold it."""

from collections.abc import Collection, Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from steward.spec.columns import Columns
from steward.spec.erasure import ErasurePolicy
from steward.spec.features import Feature
from steward.spec.spec_section import SpecSection

_TEXTS = frozenset({"categorical", "text"})


class ColumnPolicy(SpecSection):
    """What is done with one column at ingestion, before anything of it is stored."""

    policy: Literal["allow", "pseudonymize", "drop", "quarantine"] = Field(
        description="`allow`: it is stored as it is, for the reason given. `pseudonymize`: each value is replaced by "
        "its keyed pseudonym, which needs the deployment's PseudonymKeyArn. `drop`: nothing of it is stored, nor kept "
        "in quarantine. `quarantine`: rows in which it holds personal data are set aside."
    )
    reason: str = Field(default="", description="Why it may be stored; needed with `allow`.")

    @model_validator(mode="after")
    def _allowed_for_a_reason(self) -> Self:
        if self.policy == "allow" and not self.reason.strip():
            raise ValueError("allow needs a reason, which auditors read: say why the column may be stored as it is")
        return self


class PersonalData(SpecSection):
    """What is done with personal data: with what is declared, and with what is found."""

    subject: str | None = Field(
        default=None,
        description="The column that says whose a row is, for erasures and reports of what is held: the entity or "
        "an attribute. Unset: `columns.entity`.",
    )
    erasure: ErasurePolicy = Field(default_factory=ErasurePolicy)
    on_found: Literal["record", "alert", "refuse"] = Field(
        default="alert",
        description="What happens when a file holds personal data in a column without a policy: it is recorded; people "
        "are told too, once for each column and kind; or the file is refused. But for the last, its rows are ingested.",
    )
    columns: dict[str, ColumnPolicy] = Field(
        default_factory=dict,
        description="The policy of each column that holds personal data, also of columns that are not declared.",
    )

    def of_policy(self, *policies: str) -> frozenset[str]:
        """The columns that have one of these policies."""
        return frozenset(name for name, column in self.columns.items() if column.policy in policies)

    @property
    def withholds(self) -> bool:
        """Whether uploads hold what must not be stored: the original files are removed then."""
        return bool(self.of_policy("pseudonymize", "drop", "quarantine"))

    def problems(
        self, columns: Columns, features: Collection[str], declared: Mapping[str, Feature]
    ) -> Iterator[tuple[str, tuple[str, ...]]]:
        """What is wrong with the policies of this model's columns, and where.

        Args:
            columns: the names of the parts of a record.
            features: the columns that the model is given.
            declared: features, outputs and attributes.
        """
        held = {columns.id, *filter(None, [columns.entity])}
        for name, column in self.columns.items():
            texts = name in held or (name in declared and declared[name].type in _TEXTS)
            problem = ""
            if column.policy == "drop" and (name in declared or name in columns.roles):
                problem = f"{name} is declared, so that rows need it; remove it there, or pseudonymize or quarantine it"
            elif column.policy == "pseudonymize" and name in features:
                problem = (
                    f"{name} is a feature: versions are served the values themselves, and would not know their "
                    "pseudonyms; make it an attribute, or remove it there and drop it"
                )
            elif column.policy == "pseudonymize" and name in {*declared, *columns.roles} and not texts:
                problem = f"{name} cannot hold a pseudonym, which is text; only the id, the entity, and text can"
            elif column.policy == "quarantine" and not (name in declared and texts):
                problem = (
                    f"{name} is not looked into row by row; declare it as a categorical or text attribute, or drop it"
                )
            if problem:
                yield problem, ("columns", name)
