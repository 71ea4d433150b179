"""The profile: a mergeable summary of records over a baseline's bins."""

from collections.abc import Iterable
from typing import Self, cast

from pydantic import BaseModel, ConfigDict, ValidationError

from steward.errors import IncomparableProfiles
from steward.profiles.bins import Bins, ColumnBins, NumericBins
from steward.profiles.summaries import CategoricalSummary, NumericSummary, Summary
from steward.records.columns import CategoricalColumn, Chunk, Column, NumericColumn


class Profile(BaseModel):
    """What is known of some records; adding two profiles gives the profile of both.

    Attributes:
        bins: the digest of the bins; profiles of other bins do not add.
        batches: the ids of the batches merged in, sorted; empty while a batch is still being read.
        rows: how many records.
        features: a summary per feature of the bins, in their order.
        score: the summary of the score.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", ser_json_inf_nan="strings")

    bins: str
    batches: tuple[str, ...] = ()
    rows: int
    features: dict[str, Summary]
    score: NumericSummary

    @classmethod
    def empty(cls, bins: Bins) -> Self:
        """The identity of `+` over these bins."""
        features = {name: _empty(column) for name, column in bins.features.items()}
        return cls(bins=bins.digest, rows=0, features=features, score=NumericSummary.empty(bins.score))

    @classmethod
    def of(cls, chunk: Chunk, bins: Bins, *, score: str | None = None) -> Self:
        """Profile one chunk of records.

        Args:
            chunk: the records; a feature that it lacks is left out of account (its summary has no rows).
            bins: the bins of the baseline to compare with.
            score: the name of the chunk's score column; None where it has none.

        Raises:
            IncomparableProfiles: a column is numeric where the bins are categorical, or the other way about.
        """
        columns = chunk.columns
        return cls(
            bins=bins.digest,
            rows=chunk.rows,
            features={name: summarise(name, columns.get(name), column) for name, column in bins.features.items()},
            score=cast("NumericSummary", summarise("score", columns[score] if score else None, bins.score)),
        )

    def of_batch(self, batch: str) -> Self:
        """The same records, known as this batch (the id of one object version)."""
        return self.model_copy(update={"batches": (batch,)})

    def __add__(self, other: "Profile") -> "Profile":
        """The profile of both, which must share bins and have no batch in common."""
        if self.bins != other.bins:
            msg = f"profiles over bins {self.bins} and {other.bins} cannot be added; profile the records again over one"
            raise IncomparableProfiles(msg)
        shared = set(self.batches) & set(other.batches)
        if shared:
            msg = f"batch {', '.join(sorted(shared)[:3])} is in both profiles; adding them would count it twice"
            raise IncomparableProfiles(msg)
        return Profile(
            bins=self.bins,
            batches=tuple(sorted(self.batches + other.batches)),
            rows=self.rows + other.rows,
            features={name: _added(mine, other.features[name]) for name, mine in self.features.items()},
            score=self.score + other.score,
        )

    def to_json(self) -> bytes:
        """Compact JSON; equal profiles give equal bytes."""
        return self.model_dump_json().encode()

    @classmethod
    def from_json(cls, document: bytes | str) -> Self:
        """Read what `to_json` wrote.

        Raises:
            IncomparableProfiles: it is no profile.
        """
        try:
            return cls.model_validate_json(document)
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            msg = f"not a profile: {first['msg']} at {place or 'the start'}; rebuild it from the batch's records"
            raise IncomparableProfiles(msg) from error


def merge(profiles: Iterable[Profile], bins: Bins) -> Profile:
    """The profile of all batches, each counted once, the same bytes in whatever order they come.

    Args:
        profiles: stored profiles, each with the ids of its batches. One whose batches are all in another (a batch
            delivered again after compaction) is left out.
        bins: their bins; the result for no profiles is empty.

    Raises:
        IncomparableProfiles: a profile has other bins or names no batch, or two share some batches but neither holds
            all of the other's.
    """
    ordered = sorted(profiles, key=lambda profile: (-len(profile.batches), profile.batches, profile.to_json()))
    chosen: list[Profile] = []
    holder: dict[str, int] = {}
    for profile in ordered:
        if not profile.batches:
            msg = "a profile names no batch, so it cannot be told from the others; give it one with of_batch"
            raise IncomparableProfiles(msg)
        holders = {holder.get(batch) for batch in profile.batches}
        if holders == {None}:
            holder |= dict.fromkeys(profile.batches, len(chosen))
            chosen.append(profile)
        elif None in holders or len(holders) > 1:
            shared = [batch for batch in profile.batches if batch in holder]
            msg = f"merged profiles overlap at batch {shared[0]}; rebuild the window from the profiles of its batches"
            raise IncomparableProfiles(msg)
    total = Profile.empty(bins)
    for profile in sorted(chosen, key=lambda part: part.batches):
        total = total + profile
    return total


def summarise(name: str, column: Column | None, bins: ColumnBins) -> Summary:
    """Summarise one column, or its absence.

    Raises:
        IncomparableProfiles: the column is not of the bins' type.
    """
    if column is None:
        return _empty(bins)
    if isinstance(bins, NumericBins) and isinstance(column, NumericColumn):
        return NumericSummary.of(column, bins)
    if not isinstance(bins, NumericBins) and isinstance(column, CategoricalColumn):
        return CategoricalSummary.of(column, bins)
    msg = f"column {name} is {type(column).__name__} but the baseline has it {bins.type}; declare one type for both"
    raise IncomparableProfiles(msg)


def _empty(bins: ColumnBins) -> Summary:
    return NumericSummary.empty(bins) if isinstance(bins, NumericBins) else CategoricalSummary.empty(bins)


def _added(one: Summary, other: Summary) -> Summary:
    if isinstance(one, NumericSummary) and isinstance(other, NumericSummary):
        return one + other
    if isinstance(one, CategoricalSummary) and isinstance(other, CategoricalSummary):
        return one + other
    msg = "a numeric and a categorical summary cannot be added"
    raise IncomparableProfiles(msg)
