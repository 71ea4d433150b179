r"""Files whose writer puts a backslash before a quote inside quotes (`\"`), where RFC 4180 doubles it.

Spark, Hive, MySQL and Redshift write so. Read by RFC 4180 such a quote closes the field, and what a customer wrote
after it could pass for rows. Decision record 0022.
"""

import re

from steward.errors import BatchInvalid

_INSIDE = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)
"""What is inside quotes up to the closing one, if a backslash takes away the meaning of the sign after it."""
_SURE = 1000


class BackslashQuotes:
    """Reads the rows of a CSV file a second way, with backslashes before quotes, and tells which way fits better.

    It costs a search for bytes as long as no quote inside quotes has a backslash before it.

    Args:
        name: of the file.
        delimiter: what separates its fields.
    """

    def __init__(self, name: str, delimiter: str) -> None:
        self._name = name
        self._before = frozenset(f"{delimiter}\n\r".encode())
        self._after = frozenset({b"", b" ", b"\n", b"\r", delimiter.encode()})
        self._line: int | None = None
        self._inside = False
        self._unfit = 0
        self._unfit_by_rfc = 0

    def add(self, content: bytes, line: int) -> None:
        """Take in the rows that come next, whole ones by RFC 4180, which begin in some line."""
        if (self._line is None and b'\\"' not in content) or self._unfit > self._unfit_by_rfc + _SURE:
            return
        at = 0
        while self._inside or (at := self._opening(content, at)):
            match = _INSIDE.match(content, at)
            end = match.end() if match else at
            if self._line is None and (escaped := content.find(b'"', at, end)) >= 0:
                self._line = line + content.count(b"\n", 0, escaped)
            following = content[end + 1 : end + 2]
            self._inside = end >= len(content) or following not in self._after
            if self._inside and following:
                self._unfit += self._line is not None
                end += following == b'"'
            at = end + 1
            if at >= len(content):
                break
        self._inside &= self._line is not None

    def add_long(self, line: int, *, escaped: bool) -> None:
        """Take in a row that is too long to be looked at, and whether a backslash comes before one of its quotes."""
        self._inside = False
        if escaped and self._line is None:
            self._line = line

    def count_unfit(self) -> None:
        """Note that the row before is none by RFC 4180: its quotes are misplaced, or it has too many or few fields."""
        self._unfit_by_rfc += self._line is not None

    def verify(self) -> None:
        """Called at the end of the file.

        Raises:
            BatchInvalid: with backslashes before quotes the file reads as well as by RFC 4180, or better.
        """
        if self._line is not None and self._unfit + self._inside <= self._unfit_by_rfc:
            raise BatchInvalid(
                "backslash_quotes",
                f'{self._name} seems to write a quote inside quotes with a backslash (\\", first in line '
                f"{self._line:,}), as Spark, Hive and MySQL do, and not doubled; so no one can tell which lines are "
                "rows and which are text inside quotes, and none is taken in. Double the quotes (in Spark: "
                'option("escape", "\\"")), or write Parquet, and upload the whole file again',
            )

    def _opening(self, content: bytes, at: int) -> int:
        """The place after the next quote that opens a field; 0 if there is none."""
        while (at := content.find(b'"', at)) >= 0:
            before = at - 1
            while before >= 0 and content[before] == ord(" "):
                before -= 1
            if before < 0 or content[before] in self._before:
                return at + 1
            at += 1
        return 0
