"""Keys of what is worked out of windows: profiles, outcomes, attributions, checks, alerts."""

import re

_OF_A_WINDOW = "(?:(?:profiles|outcomes|attributions)/[^/]+/[^/]+/|checks/[^/]+/)"


def profiles(model: str, version: str = "", window: str = "") -> str:
    """Prefix of profiles: of a model, of a version, or of one window of a version."""
    return "/".join(part for part in ("profiles", model, version, window) if part) + "/"


def profile(model: str, version: str, window: str, batch: str) -> str:
    """The profile of one batch in one window."""
    return f"{profiles(model, version, window)}{batch}.json"


def window_outcomes(model: str, version: str) -> str:
    """Prefix of the realised results of a version's windows."""
    return f"outcomes/{model}/{version}/"


def outcomes(model: str, version: str, window: str) -> str:
    """The realised results of one window."""
    return f"{window_outcomes(model, version)}{window}.json"


def attributed_windows(model: str, version: str) -> str:
    """Prefix of a version's attributed windows."""
    return f"attributions/{model}/{version}/"


def attributions(model: str, version: str, window: str) -> str:
    """What the features of a window's sample contributed, by the version's own artifact (create-only)."""
    return f"{attributed_windows(model, version)}{window}.json"


def checks(model: str, window: str = "") -> str:
    """Prefix of checks: of a model, or of one window."""
    return f"checks/{model}/" + (f"{window}/" if window else "")


def check(model: str, window: str, check: str) -> str:
    """One check."""
    return f"{checks(model, window)}{check}.json"


def model_of_check(key: str) -> str | None:
    """The model whose check a key holds; None for other keys."""
    found = re.fullmatch(r"checks/([^/]+)/[^/]+/[^/]+\.json", key)
    return found[1] if found else None


def window_of(key: str) -> str | None:
    """The id of the window that a profile, outcomes, attributions or a check are of; None for other keys."""
    found = re.fullmatch(rf"{_OF_A_WINDOW}(\d{{8}}T\d{{6}}Z_\w+)[./].+", key)
    return found[1] if found else None


def histories(model: str) -> str:
    """Prefix of the key figures of all versions' windows."""
    return f"history/{model}/"


def history(model: str, version: str) -> str:
    """The key figures of a version's windows (compare-and-swap)."""
    return f"history/{model}/{version}.json"


def alerts(model: str) -> str:
    """All alerts of a model (compare-and-swap)."""
    return f"alerts/{model}.json"


def collection(model: str) -> str:
    """How far a model's telemetry was collected (compare-and-swap)."""
    return f"collections/{model}.json"
