"""Writes a declaration as YAML with a comment on every line."""

import re
import sys
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import yaml

_WIDTH = 100
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ufeff\u2028\u2029]+")

Value = str | float | None | Sequence["Value"] | Mapping[str, "Value"]


@dataclass(slots=True)
class YamlSection:
    r"""Settings under one key, in their order, each with its reason.

    >>> features = YamlSection("features")
    >>> features.add("age", {"type": "numeric"}, "Integral")
    >>> print("\n".join(features.lines()))
    features:
      age: {type: numeric}  # Integral
    """

    name: str
    why: str = ""
    entries: dict[str, "tuple[Value, str] | YamlSection"] = field(default_factory=dict)
    remarks: list[str] = field(default_factory=list)

    def add(self, name: str, value: Value, why: str = "") -> None:
        """One setting; the first of a name stays."""
        self.entries.setdefault(name, (value, why))

    def nest(self, section: "YamlSection") -> None:
        """Settings under a key of their own."""
        self.entries.setdefault(section.name, section)

    def remark(self, text: str) -> None:
        """A comment at the end."""
        self.remarks.append(text)

    def lines(self, depth: int = 0, *, terse: bool = False) -> Iterator[str]:
        """The text, line by line; terse without the reasons and with what is nested on one line."""
        plain = {name: held[0] for name, held in self.entries.items() if isinstance(held, tuple)}
        if terse and depth and len(plain) == len(self.entries):
            yield f"{'  ' * depth}{scalar(self.name)}: {_flow(plain)}"
            return
        yield f"{'  ' * depth}{scalar(self.name)}:{_behind('' if terse else self.why)}"
        for name, held in self.entries.items():
            if isinstance(held, YamlSection):
                yield from held.lines(depth + 1, terse=terse)
            else:
                yield entry(name, held[0], "" if terse else held[1], depth=depth + 1)
        for text in self.remarks:
            yield f"{'  ' * (depth + 1)}{comment(text)}"


def entry(name: str, value: Value, why: str = "", *, depth: int = 0) -> str:
    """One setting on one line, with its reason behind it, or above it where the line would be long.

    >>> entry("nullable", False, "every row of the baseline had one", depth=1)
    '  nullable: false  # every row of the baseline had one'
    """
    indent = "  " * depth
    line = f"{indent}{scalar(name)}: {_flow(value)}"
    if why and len(line) > _WIDTH:
        return f"{indent}{comment(why)}\n{line}"
    return line + _behind(why)


def comment(text: str) -> str:
    """A comment of one line, whatever the text has in it."""
    return f"# {_CONTROL.sub(' ', text)}"


def fresh(name: str, taken: Collection[str | None]) -> str:
    """The name, or one like it that is not taken.

    >>> fresh("label", {"label"})
    'label_'
    """
    while name in taken:
        name = f"{name}_"
    return name


def scalar(value: str | float | None) -> str:
    """One word or number, in quotes where YAML would read it as something else.

    >>> [scalar(value) for value in ("plan", "no", "1.0", True, None)]
    ['plan', "'no'", "'1.0'", 'true', 'null']
    """
    plain = not isinstance(value, str) or value.isprintable()
    written: str = yaml.safe_dump(
        [value],
        default_flow_style=True,
        default_style=None if plain else '"',  # with escapes: line ends, Unicode's too, would end the line
        allow_unicode=plain,
        width=sys.maxsize,
    )
    return written.strip().removeprefix("[").removesuffix("]")


def _flow(value: Value) -> str:
    if isinstance(value, Mapping):
        return f"{{{', '.join(f'{scalar(name)}: {_flow(item)}' for name, item in value.items())}}}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return f"[{', '.join(map(_flow, value))}]"
    return scalar(value)


def _behind(why: str) -> str:
    return f"  {comment(why)}" if why else ""
