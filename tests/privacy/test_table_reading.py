"""Reading tables: kinds, encodings and separators are told from the bytes, and every cell is the text that a person sees."""

from __future__ import annotations

import io
import zipfile
from datetime import date, datetime
from itertools import product
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from openpyxl import Workbook

from portal.reading import FileProblem
from privacy.statuses import TableKind
from privacy.tables import guard, heads
from privacy.tables.detecting import ENCODINGS, SEPARATORS, encoding_of, kind_of, separator_of
from privacy.tables.heads import column_letter, detect, open_table, read_head
from privacy.tables.rows import LONGEST_CELL, MOST_COLUMNS, Reading
from tests.tables import csv_bytes, sealed, xlsx_bytes

SWEDISH = [("nyckel", "e-post"), ("åäö-1", "åsa@example.com"), ("åäö-2", "örjan@example.com")]


def cells_of(content: bytes, reading: Reading | None = None) -> list[list[str]]:
    """Every row that is not blank."""
    with open_table(sealed(content), reading or detect(sealed(content))) as table:
        return [row.cells for row in table.rows()]


def problem_of(content: bytes) -> FileProblem:
    """What is said when the file is read to its end."""
    with pytest.raises(FileProblem) as raised:
        cells_of(content)
    return raised.value


# --- CSV ---


@pytest.mark.parametrize(("encoding", "separator"), list(product(["utf-8", "utf-8-sig", "utf-16", "cp1252"], SEPARATORS)))
def test_encoding_and_separator_are_found(encoding: str, separator: str) -> None:
    content = csv_bytes(SWEDISH, encoding=encoding, separator=separator)
    reading = detect(sealed(content))
    found = {"utf-8": "utf-8-sig"}.get(encoding, encoding)
    assert (reading.kind, reading.encoding, reading.separator) == (TableKind.CSV, found, separator)
    assert cells_of(content) == [list(row) for row in SWEDISH]


@pytest.mark.parametrize("encoding", ["iso8859-15", "cp1250", "cp850", "mac-roman"])
def test_an_encoding_that_cannot_be_told_can_be_chosen(encoding: str) -> None:
    content = "key,email\nä-1,a@example.com\n".encode(encoding)
    assert encoding in ENCODINGS
    assert cells_of(content, Reading(TableKind.CSV, encoding, ","))[1] == ["ä-1", "a@example.com"]


def test_a_letter_beyond_ascii_late_in_the_file_still_tells_the_encoding() -> None:
    late = b"a,b\n" + b"1,2\n" * 50_000
    assert encoding_of(io.BytesIO(late + "å,1\n".encode())) == "utf-8-sig"
    assert encoding_of(io.BytesIO(late + "å,1\n".encode("cp1252"))) == "cp1252"


def test_excels_own_line_about_the_separator_is_no_row() -> None:
    content = b"sep=;\r\nkey;email\r\n1;a,b@example.com\r\n"
    reading, head = read_head(sealed(content), detect(sealed(content)))
    assert reading.separator == ";"
    assert head.columns == ["key", "email"]
    assert [(row.number, row.cells) for row in head.rows] == [(3, ["1", "a,b@example.com"])]


def test_commas_inside_quotes_do_not_decide() -> None:
    assert separator_of('name;note\n"a";"x, y, z"\n"b";"1, 2, 3"\n') == ";"


def test_rows_count_as_in_a_spreadsheet_and_blank_ones_are_passed_over() -> None:
    content = b'key,note\n1,"two\nlines"\n,\n  ,  \n2, b \n'
    with open_table(sealed(content), detect(sealed(content))) as table:
        assert [(row.number, row.cells) for row in table.rows()] == [
            (1, ["key", "note"]),
            (2, ["1", "two\nlines"]),
            (5, ["2", "b"]),
        ]
        assert table.part_read() == 1.0


def test_a_wrong_encoding_is_said_with_its_row() -> None:
    content = b"key,email\n" + b"1,a@example.com\n" * 3 + "å,b\n".encode("cp1252")
    with pytest.raises(FileProblem, match="does not fit the encoding"):
        cells_of(content, Reading(TableKind.CSV, "utf-8-sig", ","))


def test_a_quotation_mark_that_is_missing_is_said() -> None:
    assert "quotation mark may be missing" in problem_of(b'key,email\n1,"a@example.com\n' + b"2,b@example.com\n" * 20_000).message


def test_endless_lines_cells_and_rows_are_refused() -> None:
    assert problem_of(b"a,b\n" + b"x" * 3_000_000).code == "not-csv"
    assert problem_of(b"a,b\n1," + b"x" * (LONGEST_CELL + 1) + b"\n").code == "too-long"
    assert problem_of(b"a,b\n" + b"," * MOST_COLUMNS + b"\n").code == "too-wide"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "empty"),
        (b" \r\n ", "empty"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old-excel"),
        (b"%PDF-1.7", "not-a-table"),
        (b"\x1f\x8b\x08", "not-a-table"),
        (b'\xef\xbb\xbf {"users": []}', "json"),
        (b"MZ\x00\x01\x02", "not-a-table"),
    ],
)
def test_what_is_no_table_is_refused(content: bytes, code: str) -> None:
    with pytest.raises(FileProblem) as raised:
        detect(sealed(content))
    assert raised.value.code == code


def test_the_kind_is_told_by_the_bytes() -> None:
    assert kind_of(xlsx_bytes([("a",)])) == TableKind.XLSX
    assert kind_of(b"a,b") == TableKind.CSV


# --- XLSX ---


def test_cells_of_a_workbook_are_what_a_person_sees() -> None:
    row = [
        "00123",
        42,
        42.0,
        1.5,
        True,
        date(2026, 11, 30),
        datetime.fromisoformat("2026-11-30T08:15"),
        None,
        " spaces ",
        "4" * 38,
    ]
    assert cells_of(xlsx_bytes([row]))[0] == [
        *("00123", "42", "42", "1.5", "TRUE", "2026-11-30", "2026-11-30 08:15:00", "", "spaces"),
        "4" * 38,
    ]


def test_leading_zeros_that_a_format_shows_are_kept() -> None:
    workbook = Workbook()
    assert workbook.active is not None
    workbook.active.cell(1, 1, 123).number_format = "00000"
    buffer = io.BytesIO()
    workbook.save(buffer)
    assert cells_of(buffer.getvalue()) == [["00123"]]


def test_a_number_that_was_rounded_does_not_look_whole() -> None:
    assert cells_of(xlsx_bytes([[443636576799758681021090721276.0, 999999999999999, 1e15]]))[0] == [
        "4.43636576799759E+29",
        "999999999999999",
        "1.00000000000000E+15",
    ]


def test_formulas_give_their_values() -> None:
    content = with_part(xlsx_bytes([["=A2"], ["b"]]), "xl/worksheets/sheet1.xml", b"<f>A2</f><v />", b"<f>A2</f><v>7</v>")
    assert cells_of(content) == [["7"], ["b"]]


def test_a_sheet_is_chosen_or_the_first_with_cells() -> None:
    content = xlsx_bytes([("key",), ("1",)], sheet="People", before=["Empty", "Notes"])
    reading, head = read_head(sealed(content), detect(sealed(content)))
    assert (reading.sheet, head.sheets) == ("People", ["Empty", "Notes", "People"])
    with pytest.raises(FileProblem, match="no rows"):
        read_head(sealed(content), Reading(TableKind.XLSX, sheet="Empty"))


def test_rows_of_a_sheet_keep_their_numbers() -> None:
    content = xlsx_bytes([("key",), (), (None,), ("1",)])
    with open_table(sealed(content), detect(sealed(content))) as table:
        assert [row.number for row in table.rows()] == [1, 4]
        assert table.part_read() == 1.0


def with_part(content: bytes, name: str, old: bytes, new: bytes) -> bytes:
    """The workbook with something of one part changed."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as source, zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for part in source.namelist():
            inside = source.read(part)
            if part == name:
                assert old in inside, inside[:2000]
                inside = inside.replace(old, new)
            target.writestr(part, inside)
    return buffer.getvalue()


SHEET = "xl/worksheets/sheet1.xml"
BOMBS: dict[str, tuple[str, bytes, bytes]] = {
    "a row of a million cells": (SHEET, b"<sheetData>", b"<sheetData><row>" + b"<c/>" * 1_000_000 + b"</row>"),
    "a cell of 10 MB": (SHEET, b"<v>1</v>", b"<v>" + b"1" * 10_000_000 + b"</v>"),
    "a style sheet of 9 MB": ("xl/styles.xml", b"<fonts", b" " * 9_000_000 + b"<fonts"),
    "entities": (SHEET, b"<worksheet", b'<!DOCTYPE w [<!ENTITY a "1">]><worksheet'),
    "a row beyond the last": (SHEET, b'<row r="1"', b'<row r="999999999999"'),
    "half a sheet": (SHEET, b"</sheetData>", b""),
    "a text that is not there": (SHEET, b'<c r="A1" t="n"><v>1</v>', b'<c r="A1" t="s"><v>99</v>'),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_workbook_that_unpacks_to_too_much_or_is_damaged_is_refused(name: str) -> None:
    assert problem_of(with_part(xlsx_bytes([[1]]), *BOMBS[name])).code in ("too-large", "damaged")


def test_a_sheet_larger_than_the_limit_is_refused_before_it_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(guard._LARGEST, "sheet", 100_000)
    assert problem_of(with_part(xlsx_bytes([[1]]), SHEET, b"<sheetData>", b"<sheetData>" + b" " * 100_000)).code == "too-large"
    assert cells_of(with_part(xlsx_bytes([[1]]), SHEET, b"<sheetData>", b"<sheetData>" + b" " * 10_000)) == [["1"]]


@pytest.mark.parametrize(
    "content", [b"PK\x03\x04 no more", xlsx_bytes([[1]])[:-300], with_part(xlsx_bytes([[1]]), "[Content_Types].xml", b"<", b">")]
)
def test_a_damaged_workbook_is_refused(content: bytes) -> None:
    assert problem_of(content).code == "damaged"


def test_a_zip_of_something_else_is_no_workbook() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("content.xml", "<office/>")
    assert problem_of(buffer.getvalue()).code == "damaged"


# --- Both ---


def test_a_first_row_with_people_in_it_is_no_header() -> None:
    content = csv_bytes([("1", "a@example.com"), ("2", "b@example.com")])
    reading, head = read_head(sealed(content), detect(sealed(content)))
    assert not reading.has_header
    assert head.columns == ["", ""]
    assert [row.number for row in head.rows] == [1, 2]


def test_ten_rows_are_kept_for_the_page() -> None:
    content = csv_bytes([("key", "email"), *((f"{n}", f"p{n}@example.com") for n in range(40))])
    _, head = read_head(sealed(content), detect(sealed(content)))
    assert len(head.rows) == 40
    assert [row["number"] for row in head.shown()["rows"]] == list(range(2, 12))


def test_columns_have_the_letters_of_a_spreadsheet() -> None:
    assert [column_letter(place) for place in (0, 25, 26, 51, 52, 701, 702)] == ["A", "Z", "AA", "AZ", "BA", "ZZ", "AAA"]


TEXTS = (
    st.text(st.characters(codec="utf-8", exclude_categories=("Cc", "Cs")), min_size=1, max_size=12).map(str.strip).filter(bool)
)


@given(rows=st.lists(st.lists(TEXTS, min_size=2, max_size=5), min_size=1, max_size=8), separator=st.sampled_from(SEPARATORS))
@example(rows=[['say "a"', "b;c,d|e"]], separator=";")
def test_what_is_written_as_csv_is_read_as_it_was(rows: list[list[str]], separator: str) -> None:
    reading = Reading(TableKind.CSV, "utf-8-sig", separator)
    assert cells_of(csv_bytes([["key", "x"], *rows], separator=separator), reading)[1:] == rows


def test_the_head_says_how_it_was_read() -> None:
    content = csv_bytes(SWEDISH)
    reading, head = read_head(sealed(content), detect(sealed(content)))
    kept: dict[str, Any] = heads.stored(reading, head)
    assert Reading(**kept["reading"]) == reading
