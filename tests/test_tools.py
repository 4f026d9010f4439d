"""The commands behind the Makefile: running lessons, normaliser, results table, make test."""

import json
import os
import subprocess
import sys
from collections import Counter

import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from course_utils.catalogue import DATA_SETS
from tools import generated, run_tests
from tools.lessons import listing, normalise, results_table, tables
from tools.lessons import run as run_lessons

# ------------------------------------------------------------------------------- running lessons

WIDGETS = """\
import ipywidgets
slider, shown = ipywidgets.IntSlider(), ipywidgets.IntText()
unseen = ipywidgets.IntSlider()
ipywidgets.jslink((slider, "value"), (shown, "value"))
ipywidgets.VBox([slider, shown])"""


def write(folder, name, *sources):
    cells = [new_markdown_cell("# Title"), *(new_code_cell(source) for source in sources)]
    nbformat.write(new_notebook(cells=cells), folder / f"{name}.ipynb")
    return folder / f"{name}.ipynb"


def run(folder, *options):
    executed = folder / "executed"
    return run_lessons.main(["--folder", str(folder), "--executed", str(executed), *options])


def test_laptop_writes_back_the_same_bytes_twice(tmp_path, capsys):
    record = """\
import os
from IPython.display import display
told = "model  this run (n)\\nvae    97 " + os.environ["COURSE_PROFILE"]
display({"text/html": "<table></table>", "text/plain": told}, raw=True)"""
    path = write(tmp_path, "01_ok", record, WIDGETS, "import sys; sys.executable")
    assert run(tmp_path, "--profile", "laptop") == 0
    first = path.read_bytes()
    said = capsys.readouterr().out
    assert "01_ok: 3 code cells" in said
    assert "01_ok:\n    model  this run (n)\n    vae    97 laptop" in said
    assert run(tmp_path, "--lessons", "01") == 0
    assert path.read_bytes() == first
    notebook = nbformat.read(path, as_version=4)
    assert [cell.execution_count for cell in notebook.cells[1:]] == [1, 2, 3]
    assert notebook.cells[3].outputs[0].data["text/plain"] == repr(sys.executable)
    models = notebook.metadata.widgets[normalise.WIDGET_STATE]["state"]
    names = Counter(model["model_name"] for model in models.values())
    assert names["IntSliderModel"] == 1, "a widget that no cell shows was kept"
    assert names["LinkModel"] == 1, "the link between the two that are shown was lost"
    view = notebook.cells[2].outputs[0].data[normalise.WIDGET_VIEW]["model_id"]
    assert models[view]["model_name"] == "VBoxModel"


def test_failing_cell_is_named_and_nothing_written_back(tmp_path, capsys):
    bad = write(tmp_path, "01_bad", "a = 1", "# divide\nb = a / 0", "c = 2")
    good = write(tmp_path, "02_good", "1")
    before = bad.read_bytes(), good.read_bytes()
    assert run(tmp_path, "--profile", "smoke") == 1
    said = capsys.readouterr().out
    assert "01_bad failed in code cell 2 of 3, which begins: # divide" in said
    assert "ZeroDivisionError: division by zero" in said
    assert "02_good" in said.split("result")[1]  # the other lesson still ran
    assert (bad.read_bytes(), good.read_bytes()) == before  # smoke writes nothing back
    assert (tmp_path / "executed" / "smoke" / "02_good.ipynb").is_file()
    assert run(tmp_path, "--profile", "laptop", "--lessons", "01") == 1
    assert bad.read_bytes() == before[0]


def test_error_in_a_widgets_callback_fails(tmp_path, capsys):
    source = "import ipywidgets\nipywidgets.interact(lambda a: 1 / 0, a=3);"
    path = write(tmp_path, "01_callback", source)
    before = path.read_bytes()
    assert run(tmp_path, "--profile", "laptop") == 1
    assert "a widget's callback raised" in capsys.readouterr().out
    assert path.read_bytes() == before


def test_lessons_are_chosen_by_number_or_name(tmp_path):
    one, two = write(tmp_path, "01_a", "1"), write(tmp_path, "02_b", "1")
    assert run_lessons.find(tmp_path, []) == [one, two]
    assert run_lessons.find(tmp_path, ["02_b", "01", "02"]) == [two, one]
    with pytest.raises(SystemExit, match="no lesson '03'.*There are: 01_a, 02_b"):
        run_lessons.find(tmp_path, ["03"])


# ------------------------------------------------------------------------------------ normaliser


def untidy():
    streams = [new_output("stream", name="stdout", text=text) for text in ("1%\r5", "0%\rdone\nx")]
    temporary = "/" + "tmp/ipykernel_123/4567.py:3: UserWarning: careful"
    streams.append(new_output("stream", name="stderr", text=temporary))
    cell = new_code_cell("x", outputs=streams, execution_count=1)
    cell.metadata["execution"] = {"iopub.status.busy": "2026-01-01"}
    notebook = new_notebook(cells=[cell, new_code_cell("y"), new_code_cell("z")])
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
    notebook.metadata["kernelspec"] = {"name": "my-env", "display_name": "mine"}
    notebook.metadata["course"] = {"lesson": "01"}
    return notebook


def test_normaliser_tidies_and_is_idempotent():
    notebook = untidy()
    notebook.cells[1]["id"], notebook.cells[2]["id"] = "kept", "not valid!"
    text = normalise.normalise(json.dumps(notebook))
    assert normalise.normalise(text) == text
    assert text.endswith("}\n")
    tidy = nbformat.reads(text, as_version=4)
    assert [output.text for output in tidy.cells[0].outputs] == [
        "done\nx",
        "cell:3: UserWarning: careful",
    ]
    assert tidy.cells[0].metadata == {}
    assert [cell.id for cell in tidy.cells[1:]] == ["kept", "cell-002"]
    assert tidy.metadata.kernelspec.name == "python3"
    assert tidy.metadata.language_info.version == "3"
    assert tidy.metadata.language_info.file_extension == ".py"
    assert tidy.metadata.course == {"lesson": "01"}


def test_a_cell_folded_by_one_mark_gets_the_other():
    marks = {
        "lab": {"jupyter": {"source_hidden": True, "outputs_hidden": True}, "tags": ["keep"]},
        "site": {"tags": ["keep", "hide-input"]},
        "both": {"jupyter": {"source_hidden": True}, "tags": ["hide-input"]},
        "neither": {"jupyter": {"source_hidden": False, "outputs_hidden": True}},
    }
    cells = [new_code_cell("# x", metadata=one) for one in marks.values()]
    cells.append(new_markdown_cell("x", metadata={"jupyter": {"source_hidden": True}}))
    tidy = nbformat.reads(normalise.normalise(json.dumps(new_notebook(cells=cells))), 4)
    folded = {"jupyter": {"source_hidden": True}}
    assert [cell.metadata for cell in tidy.cells] == [
        folded | {"tags": ["keep", "hide-input"]},
        folded | {"tags": ["keep", "hide-input"]},
        folded | {"tags": ["hide-input"]},
        {},
        {},
    ]


def test_normaliser_as_a_command(tmp_path, capsys):
    path = tmp_path / "x.ipynb"
    path.write_text(json.dumps(untidy()))
    assert normalise.main([str(path), "--check"]) == 1
    assert normalise.main([str(path)]) == 0
    assert normalise.main([str(path), "--check"]) == 0
    assert list(tmp_path.iterdir()) == [path]


# ---------------------------------------------------------------------------------- results table


def a_record(**changed):
    record = dict.fromkeys(results_table.FIELDS)
    record |= {"model": "vae", "metric": "nll", "value": 87.654321, "unit": "nats", "n": 10000}
    record |= {"standard_error": 0.2345, "dataset": "mnist", "split": "test", "seed": 1}
    record |= {"device": "cpu", "threads": 2, "parameters": 652824, "revision": "abc"}
    return record | changed


@pytest.fixture
def results(tmp_path):
    folder = tmp_path / "results"
    folder.mkdir()
    records = [a_record(), a_record(model="ae", standard_error=0.00012, seconds=300.0)]
    text = json.dumps({"lesson": "02_vae_mnist", "records": records})
    (folder / "02_vae_mnist.json").write_text(text)
    return folder


def test_digits_follow_the_standard_error():
    assert results_table.number(87.654321, 0.2345) == "87.65 ± 0.23"
    assert results_table.number(0.000512, 0.00012) == "0.0005 ± 0.0001"
    assert results_table.number(4.4473, 0.0123) == "4.447 ± 0.012"
    assert results_table.number(17.0) == "17"
    assert results_table.number(652824) == "652,824"
    assert results_table.number(0.04321) == "0.0432"


@pytest.fixture
def project(tmp_path, results):
    """A project of one lesson, whose pages hold their markers and nothing between."""
    (tmp_path / "notebooks").mkdir()
    (tmp_path / "data").mkdir()
    results.rename(tmp_path / "data" / "results")
    opening = "# 02 · A | B\n\nWords.\n\n**You need** lesson 00. **Time**: 20 minutes to read."
    alt = 'Two "lines", of which a < b. More.'
    shown = nbformat.v4.new_output(
        "display_data", {"image/png": ""}, metadata={"image/png": {"alt": alt}}
    )
    drawn = nbformat.v4.new_code_cell("", outputs=[shown], metadata={"tags": ["thumbnail"]})
    cells = [nbformat.v4.new_markdown_cell(opening), drawn]
    metadata = {"course": {"lesson": "02", "builds": "a line"}}
    metadata["course"]["headline"] = {"record": ["vae", "nll"], "literature": "86.8 (A, 3 epochs)"}
    lesson = nbformat.v4.new_notebook(cells=cells, metadata=metadata)
    nbformat.write(lesson, tmp_path / "notebooks" / "02_vae_mnist.ipynb")
    (tmp_path / "docs").mkdir()
    for page, names in PAGES.items():
        marks = "\n".join(f"<!-- {name}:begin -->\n<!-- {name}:end -->" for name in names)
        (tmp_path / page).write_text(f"before\n{marks}\nafter\n", "utf-8")
    return tmp_path


PAGES = {
    "README.md": ("lessons", "headlines"),
    "docs/results.md": ("results",),
    "data/README.md": ("data-sets", "checksums"),
}


def test_tables_are_written_and_checked(project, capsys):
    options = ["--root", str(project)]
    assert tables.main([*options, "--check"]) == 1
    assert "README.md differs from what it shows; `make results`" in capsys.readouterr().out
    assert tables.main(options) == 0
    assert tables.main([*options, "--check"]) == 0
    text = (project / "README.md").read_text("utf-8")
    assert text.startswith("before\n") and text.endswith("\nafter\n")
    (row,) = [line for line in text.splitlines() if line.startswith("| [02](")]
    assert row == (
        "| [02](notebooks/02_vae_mnist.ipynb) | `nll` of `vae` | **87.65 ± 0.23 nats**<br>"
        "mnist, test, n = 10,000 | 86.8 (A, 3 epochs) | – |"
    )
    results = (project / "docs" / "results.md").read_text("utf-8")
    rows = [line for line in results.splitlines() if line.startswith("| `")]
    assert [row.split("|")[1].strip() for row in rows] == ["`ae`", "`vae`"]
    assert "87.65 ± 0.23 nats" in rows[1] and "5 min" in rows[0]
    (row,) = [line for line in text.splitlines() if "<img" in line]
    assert row == (
        '| <img src="docs/thumbnails/02.png" width="120" alt="Two &quot;lines&quot;, of which '
        'a &lt; b."> | [02 A &#124; B](notebooks/02_vae_mnist.ipynb) | a line | 20 | lesson 00 |'
    )
    text = (project / "data" / "README.md").read_text("utf-8")
    for entry in DATA_SETS.values():
        size = f"{entry.train:,} + {entry.test:,}"
        row = f"| `{entry.name}` | {entry.about} | {size} | {entry.source} | {entry.licence} |"
        assert row in text.splitlines()
        for file, md5 in entry.files.items():
            assert f"| `{entry.name}` | `{file}` | `{md5}` |" in text.splitlines()


OPENING = """# 02 · A

Words.

**You need** [lesson 01](01_vae_2d.ipynb): KL and
`nn.Module` ([nats](../docs/glossary.md#nats)). More of it.

| | minutes |
|---|---:|
| reading | 40 |
| exercises 2.1 to 2.4 | about 35 |
| section 9, optional | 20 |
| questions | 5 |
| running the whole notebook | 3 |

Text.
"""


def test_an_opening_of_the_second_edition_gives_the_reader_s_minutes():
    halves = OPENING.split("**You need**")  # a picture may stand between
    cells = [new_markdown_cell(halves[0]), new_markdown_cell("**You need**" + halves[1])]
    lesson = new_notebook(cells=[*cells, new_markdown_cell("## 1. A\n\n**Time**: 7 minutes")])
    assert listing.opening(lesson, "02_a") == (
        "80",
        "[lesson 01](notebooks/01_vae_2d.ipynb): KL and `nn.Module` "
        "([nats](docs/glossary.md#nats))",
    )
    for lost in ("**You need**", "| | minutes |"):
        broken = new_notebook(cells=[new_markdown_cell(OPENING.replace(lost, "x"))])
        with pytest.raises(ValueError, match=r"02_a\.ipynb: its opening lacks"):
            listing.opening(broken, "02_a")


def test_a_headline_is_a_record_that_is_there(project):
    path = project / "notebooks" / "02_vae_mnist.ipynb"
    lesson = nbformat.read(path, as_version=4)

    def put(**course):
        lesson.metadata.course = {"lesson": "02", "builds": "a line"} | course
        nbformat.write(lesson, path)
        return listing.headlines(project).splitlines()[2:]

    [row] = put(headline=["ae", "nll"])
    assert "| `nll` of `ae` | **87.6543 ± 0.0001 nats**" in row and row.endswith("| – | – |")
    assert put() == []
    with pytest.raises(ValueError, match="metadata 'course' lack 'headline'"):
        put(edition=2)
    with pytest.raises(ValueError, match="headline: there is no record mse of ae"):
        put(headline={"record": ["ae", "mse"]})


def test_the_spread_over_seeds_is_shown():
    record = a_record(seeds=3, seed_values=[87.0, 88.0, 89.0], seed_error=0.577)
    assert results_table.value(record) == "87.65 ± 0.23 nats; 3 seeds: 88.00 ± 0.58"


def test_a_page_without_its_markers_is_named(project):
    page = project / "data" / "README.md"
    page.write_text(page.read_text("utf-8").replace("<!-- checksums:end -->", ""), "utf-8")
    with pytest.raises(SystemExit, match=r"README\.md: expected one <!-- checksums:begin -->"):
        tables.main(["--root", str(project)])
    for text in (
        "no markers",
        "<!-- x:end --><!-- x:begin -->",
        2 * "<!-- x:begin --><!-- x:end -->",
    ):
        with pytest.raises(ValueError, match="expected one"):
            generated.put(text, "x", "y")


def test_a_training_that_goes_on_from_another_says_so():
    """Its epochs and its time are those of the last part alone."""
    assert results_table.row(a_record(epochs=8))["epochs"] == "8"
    assert results_table.row(a_record(epochs=8, continued_from="k5"))["epochs"] == "8 after `k5`"


def test_faults_of_results_are_named(tmp_path, results):
    assert results_table.generate(tmp_path / "none") == results_table.NONE
    (results / "03.json").write_text(json.dumps({"lesson": "03", "records": [{"model": "x"}]}))
    with pytest.raises(ValueError, match=r"03\.json: record 0 lacks metric, value"):
        results_table.generate(results)
    (results / "03.json").write_text("{")
    with pytest.raises(ValueError, match=r"03\.json: expected lesson and records"):
        results_table.generate(results)


# -------------------------------------------------------------------------------------- make test


def test_outcomes_are_counted_over_stages(tmp_path):
    file = tmp_path / "test_few.py"
    file.write_text(
        "import pytest\n"
        "def test_a(): pass\n"
        "def test_b(): assert 0\n"
        "def test_c(): pytest.skip('real data: x.npz is not there')\n"
        "@pytest.fixture\ndef broken(): raise OSError\n"
        "def test_d(broken): pass\n"
    )
    report = tmp_path / "few.xml"
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", str(file)]
    command += [f"--junitxml={report}", f"--rootdir={tmp_path}", "-c", os.devnull]
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    counts, skips = run_tests.read_report(report)
    assert counts == {"passed": 1, "failed": 1, "skipped": 1, "errors": 1}
    assert skips == {"real data: x.npz is not there": 1}
    line = run_tests.closing_line(counts, 1.5)
    assert "= 1 failed, 1 error, 1 passed, 1 skipped in 1.50s =" in line


def test_a_failing_stage_fails_the_whole(monkeypatch, capsys):
    stages = {"bad": ["ruff", "no-such-command"], "good": ["ruff", "version"]}
    monkeypatch.setattr(run_tests, "STAGES", stages)
    assert run_tests.main([]) == 1
    said = capsys.readouterr().out
    assert "good" in said and "1 error in" in said.splitlines()[-1]
    assert run_tests.main(["good"]) == 0
