"""The hostile submissions of the grading in a container as Gradescope's: none earns a point."""

import importlib
import json
import os

import pytest
import submissions as made
from container import Gradescope
from submissions import hostile

from homework import attempts
from homework.exports import gradescope

CLASSES = ("points", "neighbours", "information", "exhaustion", "injection", "container")
NAME = "01_vae_2d.ipynb"
ALL = {kind: importlib.import_module(f"submissions.hostile.{kind}").ATTACKS for kind in CLASSES} | {
    "plain": {n: hostile.Attack({e: text}) for n, (e, text) in made.HOSTILE.items()}
}

pytestmark = pytest.mark.skipif(
    os.geteuid() != 0, reason="an ordinary user has no other users for answers"
)


def packed(attacks):
    """Lists of attacks that fit into one notebook, with an honest exercise beside them."""
    packs = []
    for attack in attacks:
        for pack in packs:
            taken = {one for other in pack for one in other.answers} | set(attack.answers)
            fits = sum(len(other.answers) for other in (*pack, attack)) == len(taken) < 6
            if fits and not attack.alone and not pack[0].alone:
                pack.append(attack)
                break
        else:
            packs.append([attack])
    return packs


def late(entry):
    """True for an answer for which the attacks before it have left no time, as the page says."""
    return attempts.USED_UP in entry["output"]


@pytest.fixture(scope="module")
def archive(tmp_path_factory):
    path = tmp_path_factory.mktemp("export") / "autograder.zip"
    gradescope.write(made.LESSON, path, 7)
    return path


@pytest.mark.parametrize("kind", ALL)
def test_no_attack_earns_a_point(kind, archive, tmp_path):
    box = Gradescope(tmp_path / "autograder", archive)
    for pack in packed(ALL[kind].values()):
        answers = {}
        for attack in pack:
            answers |= attack.answers
        box.submit({NAME: json.dumps(made.notebook(answers))})
        done, results = box.run(seconds=600)
        assert done.returncode == 0, (answers, done.stderr)
        entries = {test["number"]: test for test in results["tests"]}
        assert len(done.stdout) < 10_000 and results["execution_time"] < 600
        for number in made.IDS:
            if number in answers:
                assert entries[number]["score"] == 0, (answers[number], entries[number])
            elif not any(attack.alone for attack in pack) and not late(entries[number]):
                assert entries[number]["score"] == made.POINTS[number], (answers, entries[number])


def test_it_installs_what_it_says(archive, tmp_path):
    """setup.sh's last step: the lesson's own solution is right in the container."""
    box = Gradescope(tmp_path / "autograder", archive)
    done, results = box.run(
        [
            "sh",
            "-c",
            "cd source && exec /opt/course/bin/python -m homework.exports.gradescope_run --try",
        ]
    )
    assert done.returncode == 0 and "its own solution is right here" in done.stdout, done.stderr
    assert results is None
