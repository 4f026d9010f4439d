"""The training loop of every lesson, exact to the bit over a stop and a resume."""

from course_utils import distributed, fit_settings, settings
from course_utils.checkpoint import CheckpointError, load_weights, save_weights
from course_utils.history import History
from course_utils.keeper import Keeper
from course_utils.losses import NotFiniteError
from course_utils.progress import bar
from course_utils.run_state import Run
from course_utils.schedules import learning_rate

__all__ = [
    "CheckpointError",
    "History",
    "TrainingError",
    "fit",
    "learning_rate",
    "load_weights",
    "save_weights",
]


class TrainingError(RuntimeError):
    """Training cannot go on; the message says at which step, why, and what is kept."""


def fit(
    model,
    loss_fn,
    batches,
    *,
    epochs,
    lr=1e-3,
    schedule="one_cycle",
    betas=(0.9, 0.999),
    eps=1e-8,
    weight_decay=0.0,
    clip_norm=None,
    ema=None,
    evaluate=None,
    checkpoint=None,
    checkpoint_seconds=60.0,
    resume=False,
    description="",
    progress=None,
    on_epoch=None,
    on_step=None,
):
    """Train ``model`` in place by Adam on the mean of ``loss_fn(model, batch)["loss"]``.

    Of several processes (``torchrun``) each takes a share of every batch, and all take the same
    step: the gradient is the whole batch's mean, noise differs by process, persistent buffers
    (running statistics) follow process 0, which alone writes.

    Args:
        model: an ``nn.Module``, on the device of the batches.
        loss_fn: ``loss_fn(model, batch)`` -> dict of (B,) tensors: ``loss`` is minimised, the
            others (``rate``, ``distortion``, ..., in nats) are reported, the same at every step.
        batches: iterable, one epoch at a time, with ``len``, ``num_examples``, ``state()`` and
            ``restore(state)``, such as ``data.Batches`` (``share`` too, for several processes).
        epochs: passes over the data.
        lr: peak learning rate.
        schedule: ``one_cycle`` or ``constant``.
        betas, eps, weight_decay: of Adam.
        clip_norm: largest norm of the whole gradient, or None.
        ema: decay of an exponential moving average of the weights, such as 0.999. With it the
            model holds the averaged weights at the end.
        evaluate: ``evaluate(model)`` -> dict of floats, called before the first step and after
            each epoch (with the averaged weights where there are some).
        checkpoint: file for the training's state, or None. Whether it can be written is tried
            first; where it cannot, a sentence says so and the training goes on.
        checkpoint_seconds: time between two writes; each epoch's end writes too.
        resume: go on from ``checkpoint`` if it is there. On the CPU the weights and the history
            become those of a run that was never stopped, bit for bit, whatever stopped this one
            and when: an interrupt, an error of a function given here, the end of the process.
            All that fixes the numbers must be as before, but for the functions; a ``constant``
            training without ``on_step`` may get more epochs.
        description: the progress bar's name.
        progress: show a bar; by default in every profile but ``smoke``. It leaves no trace.
        on_epoch: ``on_epoch(epoch, model)`` after each epoch, counted from 1.
        on_step: ``on_step(share)`` before each step, ``share`` of all steps being done: for what
            is annealed. A resume goes on with the right share.

    Returns:
        The :class:`History`.

    Raises:
        ValueError: a setting (said before the first step), or what ``loss_fn`` or ``evaluate``
            returns, is not as described.
        TrainingError: the loss or a weight is NaN or infinite, or another process is gone.
        CheckpointError: the checkpoint is damaged, or of another training.
    """
    asked = fit_settings.checked(
        epochs,
        schedule,
        betas,
        lr=lr,
        eps=eps,
        weight_decay=weight_decay,
        clip_norm=clip_norm,
        ema=ema,
        checkpoint_seconds=checkpoint_seconds,
    )
    functions = {"loss_fn": loss_fn, "evaluate": evaluate, "on_epoch": on_epoch, "on_step": on_step}
    fit_settings.check_parts(model, batches, functions)
    distributed.join()
    distributed.as_first([*model.parameters(), *model.buffers()])
    seconds = asked.pop("checkpoint_seconds")
    run = Run(model, batches, asked, keeps=checkpoint is not None)
    if checkpoint is not None:
        asked = fit_settings.fixed_by(asked, model, batches)
    keeper = Keeper(run, checkpoint, asked, seconds)
    epochs, each = asked["epochs"], len(batches)
    if progress is None:
        progress = settings.profile() != "smoke" and distributed.is_first()
    with run.interrupts:
        try:
            if resume and keeper.is_there:
                run.restore(checkpoint, asked, schedule == "constant" and on_step is None)
            else:
                run.start()
            keeper.begin(tries=run.epoch < epochs)
            if not run.begun:
                run.begin(run.evaluated(evaluate))
            with (
                bar(progress, description, epochs * each, run.step) as advance,
                settings.without_subnormals(),
                distributed.own_noise(run.step),
                distributed.shares(batches, run.step),
            ):
                while run.epoch < epochs:
                    model.train()
                    last = (run.epoch + 1) * each
                    try:
                        for batch in batches if run.step < last else ():
                            fit_settings.check_count(run.step < last, batches)
                            if on_step:
                                on_step(run.step / (epochs * each))
                            run.take_step(loss_fn, batch)
                            advance(f"loss {run.history.steps['loss'][-1]:.2f}")
                            keeper.write_if_due()
                    except NotFiniteError as error:
                        raise _diverged(run, keeper, str(error), run.step + 1) from error
                    except distributed.LostProcessError as error:
                        raise _lost(run, keeper, error) from error
                    fit_settings.check_count(run.step == last, batches)
                    if not run.is_finite():
                        raise _diverged(run, keeper, "a weight is NaN or infinite", run.step)
                    model.eval()
                    found = run.evaluated(evaluate)
                    if on_epoch:
                        on_epoch(run.epoch + 1, model)
                    run.end_epoch(found)
                    keeper.write()
        except Exception:
            keeper.rescue()
            raise
        except BaseException:  # an interrupt: even the state before the first step is worth keeping
            keeper.write()
            raise
        finally:
            run.interrupts.waits = True
        run.finish()
    run.history.seconds = keeper.seconds_so_far()
    return run.history


def _lost(run, keeper, error):
    return TrainingError(
        f"step {run.step + 1} (epoch {run.epoch + 1}): another process of this training is gone "
        f"({error}); {keeper.kept()}. Start it again, with any number of processes: "
        "with resume it goes on from there"
    )


def _diverged(run, keeper, reason, step):
    return TrainingError(
        f"step {step} (epoch {run.epoch + 1}): {reason}; {keeper.kept()}. Likely causes: a "
        "learning rate that is too high (try a third, or clip_norm=1), data outside their range "
        "(pixels in 0 ... 255?), a log_var or log_scale that grew without bound, a logarithm of "
        "zero"
    )
