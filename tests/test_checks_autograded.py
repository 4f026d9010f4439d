"""Where nbgrader runs a notebook, a right answer that is not the student's own earns nothing."""

import pytest

from course_utils import checks, losses

LENT = checks.lend.gaussian_kl


def own(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)


@pytest.mark.parametrize("answer", [LENT, losses.gaussian_kl])
def test_what_is_not_the_student_s_fails_there_and_nowhere_else(answer, monkeypatch, capsys):
    checks.gaussian_kl(answer)
    assert "it earns nothing in the grading" in capsys.readouterr().out.replace("\n", " ")
    monkeypatch.setenv("NBGRADER_EXECUTION", "validate")
    checks.gaussian_kl(answer)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    with pytest.raises(checks.CheckFailed, match="the values are right, but this is"):
        checks.gaussian_kl(answer)


def test_the_student_s_own_passes_there(monkeypatch, capsys):
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    checks.gaussian_kl(own)
    assert "gaussian_kl: right." in capsys.readouterr().out
