"""Bytes of a delimited text file to text, and the delimiter it uses."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter

from automl.errors import DataError

DELIMITERS = (",", ";", "\t", "|")

_SAMPLE = 100_000  # characters; below the limit of the csv module for one cell
_BOMS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF32_LE: "utf-32",  # before UTF-16, whose mark it begins with
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_EXPORT_AGAIN = "export it again, to CSV or Parquet"
_OTHER_FORMATS = {
    b"\x1f\x8b": "gzip-compressed",
    b"PK\x03\x04": "a zip archive or an Excel workbook",
    b"\x89PNG": "a PNG picture",
    b"PAR1": "Parquet",
    b"%PDF": "a PDF document",
}


def decode_text(content: bytes, *, where: str) -> tuple[str, tuple[str, ...]]:
    """The text, and a note where its encoding had to be guessed.

    A byte order mark decides; else UTF-8 if every byte fits, else Latin-1.

    Raises
    ------
    DataError
        If it is no text.
    """
    for magic, what in _OTHER_FORMATS.items():
        if content.startswith(magic):
            raise DataError(f"{where} is not a text table: it is {what}", hint="unpack or export it to CSV or Parquet")
    encoding = next((name for bom, name in _BOMS.items() if content.startswith(bom)), "utf-8")
    try:
        return _without_control_characters(content.decode(encoding), where), ()
    except UnicodeDecodeError as err:
        if encoding != "utf-8":
            raise DataError(
                f"{where} begins as {encoding}, but does not go on so (byte {err.start})", hint="save it as UTF-8"
            ) from err
    text = _without_control_characters(content.decode("latin-1"), where)
    return text, (f"{where} is not UTF-8; it was read as Latin-1. Check names and classes with accents.",)


def find_delimiter(text: str) -> str:
    """The delimiter of the first lines: the one that cuts them into the same number of cells, and into most."""
    return max(DELIMITERS, key=lambda delimiter: _regularity(text, delimiter))


def header_of(text: str, delimiter: str) -> list[str]:
    """The cells of the first line that is not blank."""
    return next((row for row in csv.reader(io.StringIO(text), delimiter=delimiter) if row), [])


def _without_control_characters(text: str, where: str) -> str:
    if "\0" in text:
        raise DataError(
            f"{where} is not a text table: it holds NUL bytes, so it is binary or damaged", hint=_EXPORT_AGAIN
        )
    n_control = sum(text.count(chr(code)) for code in (*range(1, 9), *range(14, 32)))
    if n_control > len(text) // 100:
        raise DataError(
            f"{where} is not a text table: it holds {n_control} control characters, so it is binary", hint=_EXPORT_AGAIN
        )
    return text


def _regularity(text: str, delimiter: str) -> tuple[float, int]:
    """Share of lines with as many cells as the header (rounded, a stray line apart), and that number."""
    try:
        rows = [row for row in csv.reader(io.StringIO(text[:_SAMPLE]), delimiter=delimiter) if row]
    except csv.Error:
        return 0.0, 0
    if len(text) > _SAMPLE and len(rows) > 1:
        rows.pop()  # the sample cut it
    n_cells = len(rows[0]) if rows else 0
    if n_cells < 2:
        return 0.0, n_cells
    return round(Counter(map(len, rows))[n_cells] / len(rows), 1), n_cells
