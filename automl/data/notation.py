"""What a cell says: missing, a number, yes or no, or another word.

Rules for features. A cell is missing when it is blank or says NA, N/A, NaN or NULL in any case. In a column of
numbers "none", "-", "--", "?" and "." are missing too (and this is said); in a column of words they are words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pandas as pd

MISSING = frozenset({"", "na", "n/a", "#n/a", "nan", "null", "<na>"})
MISSING_NUMBER = frozenset({"none", "-", "--", "---", "?", "."})
YES_OR_NO = {"yes": 1.0, "y": 1.0, "true": 1.0, "t": 1.0, "no": 0.0, "n": 0.0, "false": 0.0, "f": 0.0}
NUMERIC_SHARE = 0.95
"""A column of text is one of numbers when so many of its present cells are."""

_EXACT = 2**53  # beyond it a float is no longer every whole number
_DECIMAL_COMMA = r"[+-]?(?:\d{1,3}(?:\.\d{3})+|\d+)(?:,\d+)?(?:[eE][+-]?\d+)?"
_THOUSANDS = r"[+-]?\d{1,3}(?:,\d{3})+(?:\.\d+)?"


@dataclass(frozen=True)
class Cells:
    """A column, each cell of it read as a number, as a word, or as missing.

    Parameters
    ----------
    number : (n_rows,), NaN where the cell is no number
    word : (n_rows,) stripped text of cells that are neither number nor missing, empty elsewhere
    """

    number: NDArray[np.float64]
    word: NDArray[np.object_]

    @property
    def is_number(self) -> NDArray[np.bool_]:
        """(n_rows,) whether the cell is a number, infinities included."""
        return ~np.isnan(self.number)

    @property
    def is_word(self) -> NDArray[np.bool_]:
        """(n_rows,) whether the cell is a word."""
        return np.asarray(self.word != "", dtype=np.bool_)

    @property
    def are_numbers(self) -> bool:
        """Whether it is a column of numbers: nearly all cells are, and the others are then mistakes."""
        n_numbers = int(self.is_number.sum())
        n_present = n_numbers + int(self.is_word.sum()) - int(self.is_any_of(MISSING_NUMBER).sum())
        return n_numbers > 0 and n_numbers >= NUMERIC_SHARE * n_present

    def words(self) -> set[str]:
        """The distinct words, in lower case."""
        return {str(word).casefold() for word in set(self.word[self.is_word])}

    def is_any_of(self, words: frozenset[str]) -> NDArray[np.bool_]:
        """(n_rows,) whether the cell is one of these lower-case words."""
        found = np.zeros(len(self.word), dtype=np.bool_)
        found[self.is_word] = [word.casefold() in words for word in self.word[self.is_word]]
        return found


def read_cells(values: pd.Series) -> Cells:
    """The cells of a column of any type."""
    import pandas as pd

    types = pd.api.types
    if types.is_numeric_dtype(values) and not types.is_bool_dtype(values):
        return Cells(values.to_numpy(dtype=np.float64, na_value=np.nan), np.full(len(values), "", dtype=object))
    text = values if types.is_string_dtype(values.dtype) and values.dtype != object else texts(values)
    number = pd.to_numeric(text, errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    word = np.full(len(values), "", dtype=object)
    rest = np.flatnonzero(np.isnan(number))
    word[rest] = _words(text.iloc[rest])
    return Cells(number, word)


def texts(values: pd.Series) -> pd.Series:
    """(n_rows,) object: stripped text, NaN where missing; whole numbers without a decimal point."""
    import pandas as pd

    if pd.api.types.is_float_dtype(values) and (values.dropna() % 1 == 0).all() and not (values.abs() > _EXACT).any():
        values = values.astype("Int64")
    found = _words(values)
    return pd.Series(np.where(found == "", np.nan, found), index=values.index, dtype=object)


def with_points(values: pd.Series, delimiter: str) -> pd.Series | None:
    """A text column of numbers rewritten with decimal points and no separators; ``None`` if it needs no rewriting.

    In a semicolon file a comma is a decimal comma, elsewhere it separates thousands. A column in which it does not is
    left as it is, but for the few mistakes that a column of numbers may hold.
    """
    has_comma = values.str.contains(",", regex=False, na=False)
    if not has_comma.any():
        return None
    text = values.str.strip()
    if delimiter == ";":
        is_written_so = text.str.fullmatch(_DECIMAL_COMMA)
        points = text.str.replace(".", "", regex=False).str.replace(",", ".", regex=False)
    else:
        is_written_so = text.str.fullmatch(_THOUSANDS)
        points = text.str.replace(",", "", regex=False)
    rewritten = text.where(~is_written_so, points)
    return rewritten if (is_written_so & has_comma).any() and read_cells(rewritten).are_numbers else None


def _word(cell: object) -> str:
    """The stripped text, empty where it says that the cell is missing."""
    text = str(cell).strip()
    return "" if text.casefold() in MISSING else text


def _words(values: pd.Series) -> NDArray[np.object_]:
    """The `_word` of every cell, looked up once for equal cells."""
    import pandas as pd

    codes, distinct = pd.factorize(_apart(values), use_na_sentinel=True)
    found = np.array([*(_word(cell) for cell in distinct), ""], dtype=object)
    return found[codes]  # the code -1 of a missing cell picks the last


def _apart(values: pd.Series) -> pd.Series:
    """Objects by their text, because ``True``, ``1`` and ``1.0`` are equal to each other."""
    plain = values.astype(object) if values.dtype.name == "category" else values
    return plain.map(str, na_action="ignore") if plain.dtype == object else plain
