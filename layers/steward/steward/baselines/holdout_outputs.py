"""The outputs of a reference are those of its holdout, where it has one."""

from steward.profiles.bins import MISSING
from steward.profiles.model_bins import Bins
from steward.profiles.profile import Profile
from steward.profiles.sample import Sample


def with_outputs(reference: Profile, held: Profile, bins: Bins) -> Profile:
    """The reference with the outputs and decisions of a holdout, and none in its sample."""
    segments = {
        name: {
            group: profile.model_copy(update={"outputs": held.segments[name][group].outputs})
            for group, profile in groups.items()
        }
        for name, groups in reference.segments.items()
    }
    features = sum(side == "features" for side, _ in bins.sampled)
    table = reference.sample.table.copy()
    table[:, features:] = MISSING
    return reference.model_copy(
        update={
            "outputs": held.outputs,
            "segments": segments,
            "decisions": held.decisions,
            "sample": Sample.of(reference.sample.row_keys, table, reference.sample.size),
        }
    )
