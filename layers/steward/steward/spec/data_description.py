"""What a team says of the data that a model is trained on and judged by."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field, StringConstraints, model_validator

from steward.spec.durations import Duration
from steward.spec.spec_section import SpecSection

_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]
_Words = list[Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]]


class DataDescription(SpecSection):
    """Origin, licence, purpose and collection of the data, in the terms of Croissant 1.0 and its extension `rai`.

    Every dataset that a run reads carries it, and data cards are made of it.
    """

    name: _Text = Field(default="", description="Croissant's `name`; the model's own when unset.")
    description: _Text = Field(default="", description="What a row is, and of whom (`description`).")
    origin: _Text = Field(default="", description="Where the rows come from: a system, a vendor, a URL (`url`).")
    creator: _Text = Field(default="", description="Who made the data (`creator`).")
    publisher: _Text = Field(default="", description="Who gives it out (`publisher`).")
    licence: _Text = Field(
        default="", description="An SPDX identifier, a URL, or the contract that lets you use the data (`license`)."
    )
    published: date | None = Field(default=None, description="When it was given out first (`datePublished`).")
    citation: _Text = Field(default="", description="How it is cited (`citeAs`).")
    keywords: _Words = Field(default=[], description="`keywords`")
    languages: _Words = Field(default=[], description="Of texts, as BCP 47 tags such as `en` (`inLanguage`).")
    purpose: _Text = Field(default="", description="What it may be used for (`rai:dataUseCases`).")
    collection: _Text = Field(default="", description="How it was collected (`rai:dataCollection`).")
    collection_types: _Words = Field(
        default=[],
        description="Such as Surveys, Direct Measurement, Software Collection or Web API (`rai:dataCollectionType`).",
    )
    missing_data: _Text = Field(default="", description="What is missing, and why (`rai:dataCollectionMissingData`).")
    preprocessing: _Text = Field(
        default="", description="What was done to it before the upload (`rai:dataPreprocessingProtocol`)."
    )
    labelling: _Text = Field(default="", description="Where labels come from (`rai:dataAnnotationProtocol`).")
    maintenance: _Text = Field(
        default="", description="Who corrects it, and how often it is renewed (`rai:dataReleaseMaintenancePlan`)."
    )
    limitations: _Text = Field(default="", description="What it must not be used for (`rai:dataLimitations`).")
    biases: _Text = Field(default="", description="Whom it shows too little or wrongly (`rai:dataBiases`).")
    social_impact: _Text = Field(default="", description="What its use may do to people (`rai:dataSocialImpact`).")
    maximum_age: Duration | None = Field(
        default=None,
        description="How old the newest row of the champion's dataset may be; audits tell of an older one.",
    )
    contains_personal_data: bool | None = Field(
        default=None, description="Whether rows are about people; unset: nobody has said."
    )
    personal_data: _Words = Field(
        default=[],
        description="Which kinds, such as Gender, Geography or Age (`rai:personalSensitiveInformation`).",
    )
    legal_basis: _Text = Field(default="", description="Why personal data may be processed, such as a contract.")

    @model_validator(mode="after")
    def _personal_data_is_said_once(self) -> Self:
        if self.contains_personal_data is False and (self.personal_data or self.legal_basis):
            raise ValueError(
                "personal_data and legal_basis say that there is personal data, and contains_personal_data that there "
                "is none: write contains_personal_data: true, or remove them"
            )
        return self
