"""Locations in a JSON document, such as `instances[*].features`."""

import re
from dataclasses import dataclass
from typing import Any, Self

_TOKEN = re.compile(r"([^.\[\]]+)|\[(\d+|\*)\]")
_LOCATION = re.compile(r"(\$\.?)?([^.\[\]]+|\[(\d+|\*)\])(\.[^.\[\]]+|\[(\d+|\*)\])*")


class Nowhere(LookupError):
    """There is nothing at this location of this document."""


@dataclass(frozen=True, slots=True)
class Location:
    """Keys, positions and at most one `[*]`, which stands for every item of a list.

    The part of JMESPath and of JSONPath that both spell alike, and that the attributes of a SageMaker monitor
    (`features_attribute`, `inference_attribute`, `probability_attribute`) are written in; a leading `$.` is let pass.

    Attributes:
        steps: a key, a position, or None for every item.
    """

    steps: tuple[str | int | None, ...]

    @classmethod
    def parse(cls, text: str) -> Self:
        """The location that a text names; an empty one is the document itself.

        >>> Location.parse("$.predictions[*].score").steps
        ('predictions', None, 'score')

        Raises:
            ValueError: it is not written so.
        """
        if text in {"", "$"}:
            return cls(())
        if not _LOCATION.fullmatch(text):
            raise ValueError(
                f"{text!r} is no place in a JSON document: write keys and positions, such as data.features[0], and [*] "
                "for every item of a list"
            )
        found = _TOKEN.findall(text.removeprefix("$").removeprefix("."))
        steps = tuple(key or (None if position == "*" else int(position)) for key, position in found)
        if steps.count(None) > 1:
            raise ValueError(f"{text!r} has [*] more than once: records lie in one list")
        return cls(steps)

    @property
    def every(self) -> bool:
        """Whether it names the items of a list."""
        return None in self.steps

    def find(self, document: Any) -> Any:
        """What lies there; a list of what lies there in every item, if it names the items of a list.

        >>> Location.parse("instances[*].features").find({"instances": [{"features": [1, 2]}, {"features": [3, 4]}]})
        [[1, 2], [3, 4]]

        Raises:
            Nowhere: nothing does.
        """
        if not self.every:
            return _walk(document, self.steps)
        at = self.steps.index(None)
        items = _walk(document, self.steps[:at])
        if not isinstance(items, list):
            raise Nowhere
        return [_walk(item, self.steps[at + 1 :]) for item in items]


ANYWHERE = Location(())
"""The document itself, whose layout is then recognised."""


def _walk(document: Any, steps: tuple[str | int | None, ...]) -> Any:
    for step in steps:
        try:
            document = document[step]
        except (KeyError, IndexError, TypeError):
            raise Nowhere from None
    return document
