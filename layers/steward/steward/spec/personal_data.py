"""Personal data of a model: whose it is, and what becomes of it."""

from pydantic import Field

from steward.spec.erasure import ErasurePolicy
from steward.spec.spec_section import SpecSection


class PersonalData(SpecSection):
    """Personal data of a model: whose it is, and what becomes of it."""

    subject: str | None = Field(
        default=None,
        description="The column that says whose a row is, for erasures and reports of what is held: the entity or "
        "an attribute. Unset: `columns.entity`.",
    )
    erasure: ErasurePolicy = Field(default_factory=ErasurePolicy)
