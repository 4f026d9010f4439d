"""Tables that keep every byte but those of the cells that are filled in."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as some

from homework import tables

CELLS = some.text(some.sampled_from('aé;,"\n\r\t =\ufeff'), max_size=6)


def made(text, path="x.csv"):
    return tables.Table(path, text)


@given(some.lists(some.lists(CELLS, min_size=2, max_size=3), min_size=1, max_size=5), some.data())
def test_values_are_those_of_csv_and_all_else_stays(rows, data):
    separator = data.draw(some.sampled_from(tables.SEPARATORS))
    stream = io.StringIO()
    writer = csv.writer(
        stream,
        delimiter=separator,
        lineterminator=data.draw(some.sampled_from(["\n", "\r\n"])),
        quoting=data.draw(some.sampled_from([csv.QUOTE_ALL, csv.QUOTE_NONNUMERIC])),
    )
    writer.writerows([["head", "more"], *rows])
    table = made(tables.MARK + stream.getvalue())
    assert table.separator == separator and table.text == tables.MARK + stream.getvalue()
    wanted = [[cell.strip() for cell in row] for row in rows if any(cell.strip() for cell in row)]
    found = [[row[column] for column in range(len(row.cells))] for row in table.lines()]
    assert found == wanted


def test_one_cell_is_changed_and_no_other_byte():
    text = '\ufeffa,b\r\n"x ""y"", z", 1 \r\n\r\n"two\nlines",2'
    table = made(text)
    one, two = table.lines()
    assert (one[0], one[1], two[0], two.number) == ('x "y", z', "1", "two\nlines", 4)
    two[1] = 'a "quoted", one'
    assert table.text == text[:-1] + '"a ""quoted"", one"'
    two[3] = "further"
    assert table.text.endswith(',"a ""quoted"", one",,further')


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b'a,b\nc,"d\n', "x.csv, line 2: a quotation mark that does not close"),
        (b'a,b\n"c"d,e\n', "x.csv, line 2: a quotation mark"),
        (b"", "x.csv: it is empty"),
        (b"\xef\xbb\xbf\n,,\n", "x.csv: it is empty"),
        ("é,b\n".encode("cp1252"), "it is no text in UTF-8; save it as CSV in UTF-8"),
        ("a,b\n".encode("utf-16"), "it is no text in UTF-8"),
        (b"a\0,b\n", "it is no text in UTF-8"),
    ],
)
def test_what_is_no_table_is_refused_by_file_and_line(tmp_path, data, told):
    path = tmp_path / "x.csv"
    path.write_bytes(data)
    with pytest.raises(tables.TableError, match=told):
        tables.Table.read(path)


def test_a_file_that_is_not_there_or_is_too_large(tmp_path, monkeypatch):
    with pytest.raises(tables.TableError, match="none.csv: cannot be read"):
        tables.Table.read(tmp_path / "none.csv")
    monkeypatch.setattr(tables, "MOST_BYTES", 3)
    (tmp_path / "x.csv").write_text("a,b\n")
    with pytest.raises(tables.TableError, match="it has more than"):
        tables.Table.read(tmp_path / "x.csv")


def test_of_many_faults_the_number_is_told():
    with pytest.raises(tables.TableError) as error:
        tables.refuse("x.csv", [(number, "no") for number in range(1, 31)])
    lines = str(error.value).splitlines()
    assert lines[0] == "x.csv, line 1: no" and lines[-1] == "and 10 more" and len(lines) == 21
