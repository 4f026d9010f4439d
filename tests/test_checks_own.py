"""What the check in the notebook says of answers that would earn nothing in the grading."""

import gc
import sys
import threading
import time

import mutants
import pandas
import pytest
import torch

from course_utils import checks, evaluation, losses, nets

OWN = "it earns nothing in the grading."


def told(name, answer, capsys):
    """What a check prints, as one line."""
    getattr(checks, name)(answer)
    return " ".join(capsys.readouterr().out.split())


def through_a_class(mu, log_var):
    return nets.StandardNormal(mu.shape[-1]).rate(mu, log_var, None)


class Holder:
    kl = staticmethod(losses.gaussian_kl)

    def __call__(self, *arguments):
        return self.kl(*arguments)


@pytest.mark.parametrize(
    "answer",
    [
        losses.gaussian_kl,
        lambda mu, log_var: losses.gaussian_kl(mu, log_var),
        lambda mu, log_var: torch.stack([*map(losses.gaussian_kl, mu, log_var)]),
        through_a_class,
        Holder(),
    ],
)
def test_the_packages_own_is_right_and_earns_nothing(answer, capsys):
    line = told("gaussian_kl", answer, capsys)
    assert line.startswith("gaussian_kl: right. Sums over")
    assert line.endswith(OWN) and "gaussian_kl: this is the package's own (" in line


def test_a_helper_that_the_lesson_does_not_use_is_named(capsys):
    def answer(mu, log_var):
        losses.bits_per_dim(1.0, 1)
        return right(mu, log_var)

    line = told("gaussian_kl", answer, capsys)
    assert "package's own (losses.bounds.bits_per_dim); it earns nothing" in line


def right(mu, log_var):
    return 0.5 * (mu**2 + log_var.exp() - 1 - log_var).sum(-1)


def test_what_the_lesson_uses_may_be_used(capsys):
    def answer(mu, log_var):
        evaluation.mean_and_error(torch.arange(5.0))
        return right(mu, log_var)

    assert OWN not in told("gaussian_kl", answer, capsys)


@pytest.mark.parametrize("where", ["start", "stop", "finaliser"])
def test_what_a_collection_of_garbage_calls_is_not_the_students(where, capsys):
    called = []

    def foreign():
        called.append(pandas.Index([1]))

    def hung_on(phase, info):
        if phase == where:
            foreign()

    class Circle:
        def __init__(self):
            self.me = self

        def __del__(self):
            foreign()

    def answer(mu, log_var):
        if where == "finaliser":
            Circle()
        gc.collect(0)
        return right(mu, log_var)

    gc.callbacks.append(hung_on)
    try:
        told("gaussian_kl", answer, capsys)
    finally:
        gc.callbacks.remove(hung_on)
    assert called


def test_what_is_lent_says_so(capsys):
    def wrapped(mu, log_var):
        return checks.lend.reparameterise(mu, log_var)

    for answer in (checks.lend.reparameterise, wrapped):
        line = told("reparameterise", answer, capsys)
        assert line.endswith("reparameterise: this is lent, so that you can go on; " + OWN)
    checks.autoregressive_prior(checks.lend.AutoregressivePrior)
    assert "this is lent" in capsys.readouterr().out


def by_sklearn(codes, labels, num_codes, num_labels):
    from sklearn.metrics import mutual_info_score

    return float(mutual_info_score(codes, labels))


def by_pandas(codes, labels, num_codes, num_labels):
    import pandas

    pandas.crosstab(codes.numpy(), labels.numpy())
    return lesson05_right(codes, labels, num_codes, num_labels)


def lesson05_right(*arguments):
    answer = mutants.modules("05")["mutual_information"].RIGHT[0]
    return answer(*arguments)


@pytest.mark.parametrize(("answer", "library"), [(by_sklearn, "sklearn"), (by_pandas, "pandas")])
def test_another_library_is_refused_by_name(answer, library):
    with pytest.raises(checks.CheckFailed, match=f"{library} is not there in the grading") as found:
        checks.mutual_information(answer)
    assert "torch, numpy, scipy and the standard library" in str(found.value)
    assert str(found.value).startswith("mutual_information: ")


def test_allowed_libraries_and_prints_are_no_matter(capsys):
    import warnings

    import scipy.special

    def answer(mu, log_var):
        print("here")
        warnings.warn("there", stacklevel=2)
        scipy.special.logsumexp(mu.detach().numpy())
        torch.distributions.Normal(mu, 1.0).log_prob(mu)
        return right(mu, log_var)

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        line = told("gaussian_kl", answer, capsys)
    assert line.startswith("here here") and OWN not in line


def test_the_line_of_an_answer_of_ones_own_is_what_the_grading_says(capsys):
    line = told("gaussian_kl", right, capsys)
    assert line == f"gaussian_kl: right. {checks.gaussian_kl.__wrapped__(right, 0)}"


def test_a_profiler_is_put_back_whatever_happens():
    def mine(*_):
        pass

    def failing(mu, log_var):
        raise ValueError("no")

    before = sys.getprofile()
    try:
        for answer in (right, failing, losses.gaussian_kl, lambda mu, log_var: mu):
            sys.setprofile(mine)
            try:
                checks.gaussian_kl(answer)
            except checks.CheckFailed:
                pass
            assert sys.getprofile() is mine
    finally:
        sys.setprofile(before)


def test_threads_and_generators_of_an_answer_work(capsys):
    def answer(mu, log_var):
        found = []
        thread = threading.Thread(target=lambda: found.append(right(mu, log_var)))
        thread.start()
        thread.join()
        return next(value for value in found)

    assert OWN not in told("gaussian_kl", answer, capsys)


def test_watching_is_cheap():
    """Some 300,000 calls of an answer's own cost less than two seconds."""

    def step(x):
        return x

    def answer(mu, log_var):
        for _ in range(20_000):
            step(mu)
        return right(mu, log_var)

    start = time.process_time()
    checks.gaussian_kl.__wrapped__(answer, 0)
    bare = time.process_time() - start
    start = time.process_time()
    checks.gaussian_kl(answer)
    assert time.process_time() - start < bare + 2.0


def test_tries_of_4_4_do_not_tell_which_are_right():
    """Nine tries, each with one number for all six, give away how many, never where."""
    for number in range(1, 10):
        with pytest.raises(checks.CheckFailed) as found:
            checks.diagnose(lambda number=number: (number,) * 6)
        assert "loss_" not in found.value.mistake
        twice = f"{number} came more than once: the six differ."
        assert found.value.received == ", ".join([str(number)] * 6)
        assert found.value.mistake in (
            f"of the six, none is named rightly yet; {twice}",
            f"of the six, only one is named rightly yet; {twice}",
        )


VAE = mutants.modules()["vae_fc"].Network


class CallsTheSealed(VAE):
    def forward(self, x):
        mu, log_var = self.encode(x)
        logits = self.decode(self.sample(mu, log_var))
        return right(mu, log_var), -losses.bernoulli_log_prob(x, logits, event_dim=3)


def test_what_another_exercise_asks_for_is_named_with_its_number(capsys):
    line = told("vae_fc", CallsTheSealed, capsys)
    phrase = "it calls losses.likelihoods.bernoulli_log_prob, which the grading leaves out, since "
    assert phrase + "exercise 2.2 asks for it: put yours in its place." in line
    assert line.endswith(OWN)


bernoulli_log_prob = checks.lend.bernoulli_log_prob  # as the fold of exercise 2.2 has it


class CallsTheLent(VAE):
    def forward(self, x):
        mu, log_var = self.encode(x)
        logits = self.decode(self.sample(mu, log_var))
        return right(mu, log_var), -bernoulli_log_prob(x, logits)


class CallsTheLentByItsModule(VAE):
    def forward(self, x):
        mu, log_var = self.encode(x)
        logits = self.decode(self.sample(mu, log_var))
        return right(mu, log_var), -checks.lend.bernoulli_log_prob(x, logits)


def test_an_answer_that_calls_a_lent_one_earns_its_own_points(capsys):
    line = told("vae_fc", CallsTheLent, capsys)
    assert line.endswith(
        "it calls bernoulli_log_prob, which is lent. The grading puts a right one "
        "in its place, so this earns its own points."
    )
    line = told("vae_fc", CallsTheLentByItsModule, capsys)
    assert line.endswith("vae_fc: this is lent, so that you can go on; " + OWN)
