"""What a team says of a model beside what is measured: the texts of model cards and technical files."""

from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from steward.spec.spec_section import SpecSection

_Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=10_000)]


class ModelDescription(SpecSection):
    """Purpose, users, risks and people of a model, as the team states them.

    All are optional; documents say plainly which of them nobody has written. They follow the sections of model cards
    (Mitchell et al., 2019) and what technical files ask of a provider.
    """

    intended_use: _Text = Field(default="", description="What its predictions are for.")
    intended_users: _Text = Field(default="", description="Who uses them, and what such people know.")
    out_of_scope: _Text = Field(default="", description="What it must not be used for, foreseeable misuse included.")
    factors: _Text = Field(
        default="", description="Groups, instruments and surroundings that its quality may depend on."
    )
    affected_people: _Text = Field(default="", description="Whom its decisions are about, vulnerable groups included.")
    metric_choice: _Text = Field(default="", description="Why the metrics that it is judged by suit its purpose.")
    design_choice: _Text = Field(default="", description="Why this kind of model, with its assumptions and trade-offs.")
    limitations: _Text = Field(default="", description="Where it is known to be inaccurate, and for whom.")
    risks: _Text = Field(default="", description="Risks to health, safety, fundamental rights or business, rated.")
    risk_controls: _Text = Field(default="", description="What was done about them, and which of them remain.")
    human_oversight: _Text = Field(default="", description="Who oversees it, by what means, and may overrule it.")
    instructions: _Text = Field(default="", description="Where its instructions for use are, and for whom.")
    interfaces: _Text = Field(default="", description="The system that it is a part of: software, hardware, interface.")
    resources: _Text = Field(default="", description="Hardware that it needs, and its expected lifetime and care.")
    security: _Text = Field(default="", description="Measures against attacks on data, model and interface.")
    ethics: _Text = Field(default="", description="Ethical considerations: sensitive data, harms, what was weighed.")
    caveats: _Text = Field(default="", description="What a reader should know beyond all this.")
    validation: _Text = Field(default="", description="Who validates it independently of its developers, how often.")
    monitoring_plan: _Text = Field(default="", description="The plan for watching it after release: where it is kept.")
    change_plan: _Text = Field(default="", description="Changes that were decided beforehand, with their limits.")
    standards: _Text = Field(default="", description="Standards and specifications that are applied.")
    conformity: _Text = Field(default="", description="Where the declaration of conformity, or an approval, is kept.")
    contact: _Text = Field(default="", description="Where users and those affected send questions and complaints.")
    licence: _Text = Field(default="", description="Under which licence the model itself may be used.")

    @property
    def texts(self) -> Mapping[str, str]:
        """The texts that somebody wrote, by their name."""
        written: dict[str, Any] = {name: getattr(self, name) for name in type(self).model_fields}
        return {name: text for name, text in written.items() if text}
