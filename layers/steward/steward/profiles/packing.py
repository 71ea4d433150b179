"""Numeric arrays in JSON as base64 of little-endian numbers."""

import binascii
from typing import Any

import numpy as np
from numpy.typing import NDArray

from steward.documents import TolerantModel


def pack(numbers: NDArray[Any], dtype: str) -> str:
    """Base64 (RFC 4648) of the numbers as this type, such as `<f8`, row by row.

    >>> pack(np.array([1.0]), "<f8")
    'AAAAAAAA8D8='
    """
    return binascii.b2a_base64(np.ascontiguousarray(numbers, dtype=dtype).tobytes(), newline=False).decode()


def unpack(text: str, dtype: str) -> NDArray[Any]:
    """What `packed` wrote, shape (numbers,).

    Raises:
        ValueError: the text is no base64, or no whole number of numbers.
    """
    content = binascii.a2b_base64(text, strict_mode=True)
    width = np.dtype(dtype).itemsize
    if len(content) % width:
        msg = f"{len(content)} bytes are no whole number of {dtype}"
        raise ValueError(msg)
    return np.frombuffer(content, dtype)


class PackedArrays(TolerantModel):
    """A model that caches arrays decoded from its fields; equality is that of the fields."""

    def __eq__(self, other: object) -> bool:
        return (
            type(self) is type(other)
            and all(getattr(self, name) == getattr(other, name) for name in type(self).model_fields)
            and self.__pydantic_extra__ == other.__pydantic_extra__
        )

    def __hash__(self) -> int:
        return hash(tuple(getattr(self, name) for name in type(self).model_fields))
