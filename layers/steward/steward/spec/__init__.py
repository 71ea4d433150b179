"""The declaration of a model, and the windows and durations it is written in."""

from steward.spec.model import ModelSpec
from steward.spec.windows import Window

__all__ = ["ModelSpec", "Window"]
