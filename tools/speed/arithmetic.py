"""Lessons 09 and 10 at paper scale on 1, 8 and 64 GPUs: the tables of docs/scale.md.

``python -m tools.speed.arithmetic`` counts and measures what the tables start from, on this
machine, and writes them; ``--measure`` prints the seconds of one step, and is what it launches.
"""

import argparse
import os
import subprocess
import time
from dataclasses import dataclass

import torch
from torch.utils.flop_counter import FlopCounterMode

from course_utils import data, distributed, losses, nets, settings, training
from course_utils.files import write_whole
from tools import console, generated
from tools.lessons import scale
from tools.speed import bench_parts

PAGE = settings.root() / "docs" / "scale.md"
# What cannot be measured here: one H100 SXM of NVIDIA's data sheet, and a network beside it.
PEAK = 989e12  # FLOP/s, bfloat16, dense
TRAFFIC = 3.35e12  # bytes/s of its memory
NEAR = 450e9  # bytes/s out of one GPU to its neighbours in the same machine (NVLink)
FAR = 50e9  # bytes/s out of one GPU to other machines (400 Gbit/s each)
STEP = 30e-6  # seconds of latency of an all-reduce, for each doubling of the number of GPUs
CALL = 5e-6  # seconds to launch one operation; less with CUDA graphs
UTILISATION = 0.4  # of PEAK, for products of this size
IN_ONE_MACHINE = 8


@dataclass
class Job:
    """A training: its net and loss, one batch's images, the global batch, and all its examples."""

    name: str
    model: torch.nn.Module
    loss_fn: object
    images: torch.Tensor
    batch: int
    examples: int
    says: str


def iwae():
    """Burda et al.'s one-layer net with K = 50: 784-200-200-50, tanh; 3,280 epochs."""
    torch.manual_seed(0)
    encoder = nets.MLPEncoder((1, 28, 28), (200, 200), 50, "tanh")
    decoder = nets.MLPDecoder(50, (200, 200), (1, 28, 28), activation="tanh")
    model = nets.VAE(encoder, decoder, nets.StandardNormal(50), nets.Bernoulli())
    says = "784-200-200-50, K = 50, 3,280 epochs of MNIST [1], batches of 1,024 (the paper: 20)"
    images = bench_parts.noise(1_024, 1, 28, 28)

    def loss_fn(model, x):
        return {"loss": -losses.importance_weighted_bound(model.log_weights(x, 50))}

    return Job("lesson 09", model, loss_fn, images, 1_024, 3_280 * 60_000, says)


def mixtures(widths=(500, 1_000)):
    """Lesson 10's net with ten logistics, as wide as makes 39 million weights."""
    torch.manual_seed(0)
    likelihood = nets.LogisticMixture(10)
    encoder = nets.SpatialEncoder((3, 32, 32), widths, 16)
    decoder = nets.SpatialDecoder((3, 32, 32), widths, 16, likelihood.num_params)
    model = nets.VAE(encoder, decoder, nets.StandardNormal(1_024), likelihood)
    count = sum(value.numel() for value in model.parameters()) / 1e6
    says = (
        f"ten mixed logistics, widths {widths[0]:,} and {widths[1]:,}: {count:.0f} million weights "
        "(VDVAE [2] has 39), 1,000 epochs of CIFAR-10, batches of 512"
    )
    images = bench_parts.noise(512, 3, 32, 32)

    def loss_fn(model, x):
        return model(x)

    return Job("lesson 10", model, loss_fn, images, 512, 1_000 * 50_000, says)


class Counted(torch.utils._python_dispatch.TorchDispatchMode):
    """Counts the operations that compute; views cost nothing on a GPU."""

    def __init__(self):
        super().__init__()
        self.calls = 0

    def __torch_dispatch__(self, function, types, arguments=(), options=None):
        self.calls += not function.is_view
        return function(*arguments, **(options or {}))


def counted(job, rows=2):
    """FLOP and bytes kept for the backward pass, for one example; operations of one step."""
    x = (
        data.to_unit(job.images[:rows])
        if job.images.shape[1] == 1
        else data.to_signed(job.images[:rows])
    )
    kept, parameters = [0], {value.data_ptr() for value in job.model.parameters()}

    def pack(tensor):
        if tensor.untyped_storage().data_ptr() not in parameters:
            kept[0] += tensor.numel() * tensor.element_size()
        return tensor

    with FlopCounterMode(display=False) as flops, Counted() as calls:
        with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
            loss = job.loss_fn(job.model, x)["loss"].mean()
        loss.backward()
    return flops.get_total_flops() / rows, kept[0] / rows, calls.calls


def gradient_bytes(job):
    return 4 * sum(value.numel() for value in job.model.parameters())


def all_reduce(size, num_bytes):
    """Seconds of a ring over N GPUs: 2 (N - 1) / N of the vector through the slowest link."""
    if size == 1:
        return 0.0
    link = NEAR if size <= IN_ONE_MACHINE else FAR
    return 2 * (size - 1) / size * num_bytes / link + STEP * (size - 1).bit_length()


def estimate(job, size, flop, kept, calls):
    """Seconds of computing and of the all-reduce in one step, bytes in one GPU."""
    share = job.batch / size
    # What is kept is written once and read once, and its gradient likewise.
    busy = flop * share / (PEAK * UTILISATION) + 4 * kept * share / TRAFFIC
    compute = max(busy, CALL * calls)
    memory = 5 * gradient_bytes(job) + kept * share  # weights, gradient, Adam's two, their average
    return compute, all_reduce(size, gradient_bytes(job)), memory


def duration(seconds):
    for unit, length in (("days", 86_400), ("h", 3_600), ("min", 60)):
        if seconds >= length:
            return f"{seconds / length:.1f} {unit}"
    return f"{seconds:.0f} s"


def table(job, flop, kept, calls):
    """The Markdown lines of one job."""
    lines = [
        f"**{job.name}**: {job.says}.",
        "",
        f"Counted: {gradient_bytes(job) / 4:,.0f} weights, {flop / 1e6:,.1f} MFLOP and "
        f"{kept / 1e6:.2f} MB kept for each example (forward and backward), {calls} operations a "
        f"step, {gradient_bytes(job) / 1e6:.1f} MB of gradient.",
        "",
        "| GPUs | examples each | computing | all-reduce | steps/s | all of it | memory of one |",
        "| ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for size in (1, 8, 64):
        compute, reduce, memory = estimate(job, size, flop, kept, calls)
        whole = (compute + reduce) * job.examples / job.batch
        lines.append(
            f"| {size} | {job.batch // size:,} | {1e3 * compute:.2f} ms | {1e3 * reduce:.2f} ms | "
            f"{1 / (compute + reduce):,.0f} | {duration(whole)} | {memory / 1e9:.2f} GB |"
        )
    return [*lines, ""]


def measure(steps=12):
    """Seconds of one step of lesson 09's job, by the course's own loop, and of its all-reduce."""
    distributed.join()
    job, marks = iwae(), []
    job.images = job.images[:256]
    batches = data.Batches(job.images.repeat(steps, 1, 1, 1), 256, 0, data.to_unit)
    training.fit(
        job.model,
        job.loss_fn,
        batches,
        epochs=1,
        schedule="constant",
        progress=False,
        on_step=lambda share: marks.append(time.perf_counter()),
    )
    taken = sorted(b - a for a, b in zip(marks[1:], marks[2:], strict=False))
    reduce = 0.0
    if distributed.size() > 1:
        vector = torch.zeros(gradient_bytes(job) // 4)
        spent = []
        for _ in range(20):
            distributed.wait()
            start = time.perf_counter()
            distributed.summed([vector])
            spent.append(time.perf_counter() - start)
        reduce = sorted(spent)[10]
    if distributed.is_first():
        print(f"seconds {taken[len(taken) // 2]} {reduce}")


def measured(processes):
    """What ``--measure`` finds on so many processes of one thread each."""
    command = scale.command("tools.speed.arithmetic", processes, ["--module"])
    one_thread = os.environ | {"OMP_NUM_THREADS": "1"}
    done = subprocess.run(
        [*command, "--measure"],
        capture_output=True,
        text=True,
        check=True,
        env=one_thread,
        cwd=settings.root(),
    )
    line = next(line for line in done.stdout.splitlines() if line.startswith("seconds "))
    return tuple(map(float, line.split()[1:]))


def generate():
    """What stands between the page's marks."""
    torch.set_num_threads(1)
    settings.has_bfloat16()  # which times a product: not while operations are counted
    rate = bench_parts.product_rates()["float32"]
    (alone, _), (two, reduce) = measured(1), measured(2)
    job = iwae()
    flop, _, _ = counted(job)
    used = flop * 256 / alone / 1e9 / rate
    lines = [
        f"Measured on two cores of one CPU, one thread a process: lesson 09's job in batches of "
        f"256. A step takes {1e3 * alone:.0f} ms on one process and {1e3 * two:.0f} ms on two "
        f"({alone / two:.2f} times as fast); an all-reduce of its gradient takes "
        f"{1e3 * reduce:.2f} ms. One thread multiplies {rate:.0f} GFLOP/s in float32, and the step "
        f"uses {100 * used:.0f} % of that.",
        "",
    ]
    for job in (iwae(), mixtures()):
        lines += table(job, *counted(job))
    return "\n".join(lines).strip()


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--measure", action="store_true")
    if parser.parse_args(arguments).measure:
        return measure()
    text = PAGE.read_text(encoding="utf-8")
    write_whole(PAGE, generated.put(text, "arithmetic", generate()))
    print(f"{PAGE.name}: written.")


if __name__ == "__main__":
    console.run(main)
