"""Thrift's compact protocol, in which Parquet writes what a file says about itself: read, and written again.

No generated code: structs become dicts by field number, which remember how each field was written, so that a reader
that knows three fields writes the others as they were. Maps, sets of maps and UUIDs, which Parquet does not use, are
refused. https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md
"""

import struct
from collections.abc import Iterable
from typing import Any

_TRUE, _FALSE, _BYTE, _DOUBLE, _BINARY, _LIST, _SET = 1, 2, 3, 7, 8, 9, 10
_INTEGERS = {4, 5, 6}
_LONG = 15
"""In the four bits of a count or a step: it does not fit, and follows."""


class Struct(dict[int, Any]):
    """The values of a struct by field number, in ascending order.

    Attributes:
        kinds: how each is written, by field number.
    """

    __slots__ = ("kinds",)

    def __init__(self) -> None:
        super().__init__()
        self.kinds: dict[int, int] = {}

    def put(self, number: int, kind: int, value: Any) -> None:
        """Set a field."""
        self[number] = value
        self.kinds[number] = kind


class Items(list[Any]):
    """The values of a list.

    Attributes:
        kind: how each is written.
    """

    __slots__ = ("kind",)

    def __init__(self, kind: int, values: Iterable[Any] = ()) -> None:
        super().__init__(values)
        self.kind = kind


class CompactReader:
    """Reads a struct from its beginning.

    Raises:
        IndexError, ValueError, struct.error, RecursionError: the bytes are no struct of this protocol, from any method.
    """

    def __init__(self, content: bytes) -> None:
        self._content = content
        self._at = 0

    def struct(self) -> Struct:
        """The whole struct."""
        found = Struct()
        number = 0
        while header := self._byte():
            delta, kind = header >> 4, header & 15
            number = number + delta if delta else self._zigzag()
            found.put(number, kind, kind == _TRUE if kind in {_TRUE, _FALSE} else self._value(kind))
        return found

    def _value(self, kind: int) -> Any:
        match kind:
            case 1 | 2 | 3:
                return self._byte()
            case 4 | 5 | 6:
                return self._zigzag()
            case 7:
                return struct.unpack("<d", self._take(8))[0]
            case 8:
                return self._take(self._varint())
            case 9 | 10:
                return self._list()
            case 12:
                return self.struct()
            case _:
                raise ValueError(kind)

    def _list(self) -> Items:
        header = self._byte()
        count = header >> 4
        if count == _LONG:
            count = self._varint()
        if count > len(self._content) - self._at:
            raise ValueError(count)
        return Items(header & 15, (self._value(header & 15) for _ in range(count)))

    def _zigzag(self) -> int:
        value = self._varint()
        return (value >> 1) ^ -(value & 1)

    def _varint(self) -> int:
        value = shift = 0
        while True:
            byte = self._byte()
            value |= (byte & 127) << shift
            if byte < 128:  # noqa: PLR2004 - the continuation bit
                return value
            shift += 7

    def _byte(self) -> int:
        self._at += 1
        return self._content[self._at - 1]

    def _take(self, count: int) -> bytes:
        self._at += count
        if self._at > len(self._content):
            raise IndexError(count)
        return self._content[self._at - count : self._at]


def encode_struct(found: Struct) -> bytes:
    """A struct as the protocol writes it, each number in its shortest form."""
    output = bytearray()
    _write_struct(output, found)
    return bytes(output)


def _write_struct(output: bytearray, found: Struct) -> None:
    before = 0
    for number in sorted(found):
        value, kind = found[number], found.kinds[number]
        if kind in {_TRUE, _FALSE}:
            kind = _TRUE if value else _FALSE
        step = number - before
        if 0 < step <= _LONG:
            output.append(step << 4 | kind)
        else:
            output.append(kind)
            _write_zigzag(output, number)
        if kind not in {_TRUE, _FALSE}:
            _write_value(output, kind, value)
        before = number
    output.append(0)


def _write_value(output: bytearray, kind: int, value: Any) -> None:
    if kind in {_TRUE, _FALSE, _BYTE}:
        output.append(value)
    elif kind in _INTEGERS:
        _write_zigzag(output, value)
    elif kind == _DOUBLE:
        output += struct.pack("<d", value)
    elif kind == _BINARY:
        _write_varint(output, len(value))
        output += value
    elif kind in {_LIST, _SET}:
        if len(value) < _LONG:
            output.append(len(value) << 4 | value.kind)
        else:
            output.append(_LONG << 4 | value.kind)
            _write_varint(output, len(value))
        for item in value:
            _write_value(output, value.kind, item)
    else:
        _write_struct(output, value)


def _write_zigzag(output: bytearray, value: int) -> None:
    _write_varint(output, value << 1 if value >= 0 else (-value << 1) - 1)


def _write_varint(output: bytearray, value: int) -> None:
    while value > 127:  # noqa: PLR2004 - the continuation bit
        output.append(value & 127 | 128)
        value >>= 7
    output.append(value)
