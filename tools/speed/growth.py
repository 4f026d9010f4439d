"""How time and memory grow with batch, samples and image size: part of ``make bench``."""

import subprocess
import sys
import time
from pathlib import Path

import torch

from course_utils import data, evaluation, nets, plotting, settings, training
from course_utils.files import write_whole
from tools.speed import bench_parts

BATCHES = (16, 32, 64, 128, 256, 512, 1_024, 2_048)
SAMPLES = (10, 30, 100, 300, 1_000, 3_000, 10_000, 30_000)
SIZES = (8, 12, 16, 24, 32, 48, 64)

PEAK = """
import sys
sys.path.insert(0, sys.argv[1])
from tools.speed import growth
growth.WORK[sys.argv[2]](int(sys.argv[3]), once=True)
print(growth.own_peak())
"""


def least_seconds(call, once=False):
    """The least of at least three calls and a fifth of a second; one call if asked."""
    call()
    if once:
        return 0.0
    taken, start = [], time.perf_counter()
    while len(taken) < 3 or time.perf_counter() - start < 0.2:
        begun = time.perf_counter()
        call()
        taken.append(time.perf_counter() - begun)
    return min(taken)


def vae(size=28):
    torch.manual_seed(0)
    shape = (1, size, size)
    parts = nets.MLPEncoder(shape, (400,), 20), nets.MLPDecoder(20, (400,), shape)
    return nets.VAE(*parts, nets.StandardNormal(20), nets.Bernoulli())


def step(batch, once=False):
    """Seconds of one training step of lesson 02's net."""
    images = bench_parts.noise(batch, 1, 28, 28)
    model, batches = vae(), data.Batches(images, batch, 0, data.to_unit)
    options = {"epochs": 5, "schedule": "constant", "progress": False}
    return (
        least_seconds(lambda: training.fit(model, lambda m, x: m(x), batches, **options), once) / 5
    )


def score(num_samples, once=False):
    """Seconds of the log-likelihood of one image by so many samples."""
    x, model = torch.zeros(1, 1, 28, 28), vae().eval()
    options = {"progress": False}
    return least_seconds(
        lambda: evaluation.log_likelihood(model.log_weights, x, num_samples, **options), once
    )


def draw_map(size, once=False):
    """Seconds of the cached PixelCNN's sample of four maps of size x size."""
    torch.manual_seed(0)
    net = nets.PixelCNN(128, width=32, num_blocks=4, kernel_size=5, head=64).eval()
    return least_seconds(lambda: net.sample(4, (size, size)), once)


WORK = {"batch": step, "samples": score, "size": draw_map}
LABELS = {
    "batch": ("a training step", "batch size B"),
    "samples": ("log-likelihood of an image", "samples K"),
    "size": ("a PixelCNN sample", "side of the map"),
}


def own_peak():
    """Most MB that this process held. (On Linux getrusage counts the time before exec too.)"""
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) / 2**10
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20


def peak_megabytes(kind, value):
    """Most memory of a new process that does the work once; 0 on Windows, where nothing tells."""
    if sys.platform == "win32":
        return 0.0
    command = [sys.executable, "-c", PEAK, str(settings.root()), kind, str(value)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def measure(quick=False):
    """kind -> (values, seconds, megabytes), lists of one length."""
    curves = {}
    for kind, values in (("batch", BATCHES), ("samples", SAMPLES), ("size", SIZES)):
        values = values[:2] if quick else values
        seconds = [WORK[kind](value) for value in values]
        memory = [0.0 if quick else peak_megabytes(kind, value) for value in values]
        curves[kind] = (list(values), seconds, memory)
    return curves


def slope(values, seconds):
    """The exponent between the last two points: seconds ~ value^slope."""
    ends = torch.tensor([values[-2:], seconds[-2:]], dtype=torch.float64).log()
    return ((ends[1, 1] - ends[1, 0]) / (ends[0, 1] - ends[0, 0])).item()


def lines(curves):
    """What to print of the curves."""
    made = []
    for kind, (values, seconds, memory) in curves.items():
        work, axis = LABELS[kind]
        more = f", memory {memory[0]:.0f} to {memory[-1]:.0f} MB" if memory[-1] else ""
        made.append(
            f"{work}: {axis} {values[0]:,} to {values[-1]:,}: {1000 * seconds[0]:.2f} to "
            f"{1000 * seconds[-1]:.1f} ms, exponent at the end {slope(values, seconds):.2f}{more}"
        )
    return made


def records(curves):
    """The curves as single numbers of record."""
    return [
        {
            "metric": f"growth_{kind}",
            "label": f"exponent of {LABELS[kind][0]} in its {LABELS[kind][1]}, at the end",
            "value": slope(values, seconds),
            "unit": "exponent",
            "n": len(values),
            "curve": {"at": values, "seconds": seconds, "megabytes": memory},
        }
        for kind, (values, seconds, memory) in curves.items()
    ]


def draw(curves, path):
    """The log-log picture of time and memory."""
    fig, axes = plotting.figure(2, 3, width=9, height=4.6, sharex="col")
    for (top, bottom), (kind, (values, seconds, memory)) in zip(
        axes.T, curves.items(), strict=True
    ):
        work, axis = LABELS[kind]
        top.loglog(values, seconds, marker="o", **plotting.style(0), label="measured")
        line = [seconds[-1] * value / values[-1] for value in values]
        if kind == "size":
            line = [seconds[-1] * (value / values[-1]) ** 2 for value in values]
        name = "in proportion to the positions" if kind == "size" else "in proportion"
        top.loglog(values, line, **plotting.style(1), label=name)
        top.set_title(work)
        top.legend(fontsize=7)
        bottom.loglog(values, memory, marker="s", **plotting.style(2))
        bottom.set(xlabel=axis, ylim=(100, 4_000))
        if values[-1] < 100:  # less than a decade or so: name the values themselves
            bottom.set_xticks(values, values)
            bottom.minorticks_off()
    axes[0, 0].set_ylabel("seconds")
    axes[1, 0].set_ylabel("memory of the process [MB]")
    write_whole(path, plotting.png(fig))
