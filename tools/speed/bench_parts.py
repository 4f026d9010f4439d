"""The comparisons of ``make bench``: each makes both sides of one piece of work.

A part is a function ``(dataset, rounds, quick, absent, alternate, rates)`` that returns two lists
of dicts: comparisons (fields of bench.Found) and single measured numbers (fields of a record).
"""

import subprocess
import sys
import time

import torch

from course_utils import data, evaluation, nets, settings, training
from tools.speed import peers

SEED = 2024
BATCH, LR = 128, 1e-3
WIDTH, LATENTS = 400, 20
PRODUCT = 1_024  # side of the matrices whose product is this machine's own rate


def product_rates():
    """GFLOP/s of square products in both types, the best of several, on the threads in force."""
    rates = {}
    for name in ("float32", "bfloat16"):
        x = torch.ones(PRODUCT, PRODUCT, dtype=getattr(torch, name))
        taken = []
        for _ in range(8):
            start = time.perf_counter()
            x @ x
            taken.append(time.perf_counter() - start)
        rates[name] = 2 * PRODUCT**3 / min(taken) / 1e9
    return rates


def noise(*shape):
    """Binary pixels of chance, uint8. (Images without contrast drive gradients to subnormal
    numbers, with which a CPU takes ten times as long.)"""
    generator = torch.Generator().manual_seed(SEED)
    return 255 * torch.randint(0, 2, shape, generator=generator, dtype=torch.uint8)


def share(flops, seconds, rates, kind=None):
    """What part of the machine's rate the work used, in words: in ``kind``, or what nets take."""
    kind = kind or ("bfloat16" if settings.has_bfloat16("cpu") else "float32")
    part = flops / min(seconds) / 1e9 / rates[kind]
    return f"{100 * part:.0f} % of the rate of this machine's products in {kind}"


def vae(mixed_precision=True):
    """784-400-20-400-784, the same weights each time."""
    torch.manual_seed(SEED)
    return nets.VAE(
        nets.MLPEncoder((1, 28, 28), (WIDTH,), LATENTS),
        nets.MLPDecoder(LATENTS, (WIDTH,), (1, 28, 28)),
        nets.StandardNormal(LATENTS),
        nets.Bernoulli(),
        mixed_precision,
    )


def weights_of(model):
    return sum(value.numel() for value in model.parameters() if value.ndim > 1)


def training_epochs(dataset, rounds, quick, absent, alternate, rates):
    """Epochs on one fixed binary draw; every side goes on from its last epoch.

    The peers' epochs run inside our training's callback: without subnormal numbers, as ours do.
    """
    binary = data.fixed_binarised(dataset.train_images)
    images = binary.mul(255).to(torch.uint8)
    test = data.fixed_binarised(dataset.test_images)
    models = {"loop": vae(False), "ours": vae()}
    epochs = {"loop": peers.usual_loop(models["loop"], images, BATCH, LR)}
    if "pythae" not in absent:
        models["pythae"] = vae(False)
        wrapped = peers.pythae_vae(models["pythae"], LATENTS)
        epochs["pythae"] = peers.pythae_trainer(wrapped, binary, BATCH, LR)
    seconds = {name: [] for name in models}
    start = time.perf_counter()

    def on_epoch(epoch, model):
        nonlocal start
        seconds["ours"].append(time.perf_counter() - start)
        for name, call in epochs.items():
            begun = time.perf_counter()
            call()
            seconds[name].append(time.perf_counter() - begun)
        start = time.perf_counter()

    batches = data.Batches(images, BATCH, SEED, data.to_unit)
    options = {"lr": LR, "schedule": "constant", "progress": False, "on_epoch": on_epoch}
    training.fit(models["ours"], lambda model, x: model(x), batches, epochs=rounds + 1, **options)
    seconds = {name: taken[1:] for name, taken in seconds.items()}  # the first warms up
    scores = {}
    for name, model in models.items():
        torch.manual_seed(SEED)
        scores[name] = sum(evaluation.rate_distortion(model.eval(), test))

    flops = 6 * weights_of(models["ours"]) * len(images)
    note = share(flops, seconds["ours"], rates)
    found, singles = [], []
    labels = {"loop": "DataLoader and ToTensor", "pythae": "pythae's trainer"}
    for name, target in (("loop", 4), ("pythae", 2.5)):
        if name in seconds:
            found.append(
                {
                    "metric": f"epoch_speedup_{name}",
                    "label": f"epoch of a 784-400-20 VAE: {labels[name]}",
                    "theirs": seconds[name],
                    "ours": seconds["ours"],
                    "target": target,
                    "note": note,
                }
            )
            mean, error = evaluation.mean_and_error(scores["ours"] - scores[name])
            singles.append(
                {
                    "metric": f"neg_elbo_minus_{name}",
                    "label": f"test -ELBO after {rounds + 1} epochs, ours minus {name}",
                    "value": mean,
                    "standard_error": error,
                    "unit": "nats",
                    "n": len(test),
                    "split": "test",
                }
            )
    begun = time.perf_counter()
    for _ in batches:
        pass
    cost = (time.perf_counter() - begun) / min(seconds["ours"])
    one = {"metric": "batches_share", "label": "an epoch's batches, of its training (asked: 5 %)"}
    singles.append(one | {"value": 100 * cost, "unit": "%", "n": 1})
    return found, singles


def log_likelihoods(dataset, rounds, quick, absent, alternate, rates):
    """5,000 importance samples an image, on the same weights."""
    samples, count = (200, 2) if quick else (5_000, 4)
    x = data.fixed_binarised(dataset.test_images[:count])
    plain, model = vae(False).eval(), vae().eval()

    values = {}

    def ours():
        scored = evaluation.log_likelihood(model.log_weights, x, samples, progress=False)
        values["ours"] = scored.mean

    sides = {"ours": ours}
    if "pythae" not in absent:
        wrapped = peers.pythae_vae(plain, LATENTS).eval()

        @torch.no_grad()
        def get_nll():
            values["pythae"] = wrapped.get_nll(x, samples, 100)

        sides["pythae"] = get_nll
    seconds = alternate(sides, rounds)
    decoder = weights_of(model.decoder)
    note = share(2 * decoder * samples * count, seconds["ours"], rates)
    if "pythae" not in seconds:
        return [], []
    # Both are averages of so many weights: they agree up to their noise.
    note += f"; mean values differ by {abs(values['ours'] - values['pythae']):.2f} nats"
    found = {"metric": "scoring_speedup_pythae", "target": 10, "note": note}
    found["label"] = f"log-likelihood, {samples:,} samples: pythae's get_nll"
    return [found | {"theirs": seconds["pythae"], "ours": seconds["ours"]}], []


def flows(dataset, rounds, quick, absent, alternate, rates):
    """A masked autoregressive flow of one transform: density with gradients, and samples."""
    if "zuko" in absent:
        return [], []
    latents, hidden, batch, repeats = 64, (512, 512), BATCH, 2 if quick else 30
    torch.manual_seed(SEED)
    own, theirs = nets.AutoregressivePrior(latents, hidden), peers.zuko_flow(latents, hidden)
    z = torch.randn(batch, latents)

    def trained(model, density):
        def call():
            for _ in range(repeats):
                for parameter in model.parameters():
                    parameter.grad = None
                (-density().log_prob(z)).mean().backward()

        return call

    density = {"zuko": trained(theirs, theirs), "ours": trained(own, lambda: own)}
    with torch.no_grad():
        sampled = {"zuko": lambda: theirs().sample((batch,)), "ours": lambda: own.sample(batch)}
        sampling = alternate(
            {name: torch.no_grad()(call) for name, call in sampled.items()}, rounds
        )
    seconds = alternate(density, rounds)
    note = share(6 * weights_of(own) * batch * repeats, seconds["ours"], rates, "float32")
    shared = {"target": 1}
    return [
        shared
        | {
            "metric": "flow_training_speedup_zuko",
            "label": "MADE flow 64-512-512, gradients: zuko's MAF",
            "theirs": seconds["zuko"],
            "ours": seconds["ours"],
            "note": note,
        },
        shared
        | {
            "metric": "flow_sampling_speedup_zuko",
            "label": "MADE flow 64-512-512, samples: zuko's MAF",
            "theirs": sampling["zuko"],
            "ours": sampling["ours"],
        },
    ], []


def quantisers(dataset, rounds, quick, absent, alternate, rates):
    """512 codes of 64 numbers, 64 maps of 8 x 8, moving averages; and the search alone."""
    size, codes, code_dim, repeats = 8, 512, 64, 1 if quick else 10
    torch.manual_seed(SEED)
    z_e = torch.randn(8 if quick else 64, code_dim, size, size, requires_grad=True)
    own = nets.VectorQuantizer(codes, code_dim, beta=0.25, decay=0.99).train()
    found = []
    if "vector-quantize-pytorch" not in absent:
        theirs = peers.vector_quantize(code_dim, codes, decay=0.99, beta=0.25).train()

        def step_of_theirs():
            for _ in range(repeats):
                z_q, _, loss = theirs(z_e)
                (z_q.sum() + loss.sum()).backward()

        def step_of_ours():
            for _ in range(repeats):
                quantized = own(z_e)
                (quantized.z_q.sum() + own.loss(quantized).mean()).backward()

        seconds = alternate({"theirs": step_of_theirs, "ours": step_of_ours}, rounds)
        found.append(
            {
                "metric": "quantizer_speedup",
                "label": "quantiser, training step: vector-quantize-pytorch",
                "target": 1,
            }
            | seconds
        )
    z_e = z_e.detach()
    rows = z_e.permute(0, 2, 3, 1).reshape(-1, code_dim)

    def broadcast():
        return (rows[:, None] - own.codebook[None]).square().sum(-1).argmin(1)

    assert torch.equal(broadcast(), own.nearest(z_e).flatten())
    seconds = alternate({"theirs": broadcast, "ours": lambda: own.nearest(z_e)}, rounds)
    label = {"metric": "nearest_speedup", "label": "quantiser, nearest code: broadcast differences"}
    label["note"] = share(2 * codes * code_dim * len(rows), seconds["ours"], rates, "float32")
    return [*found, label | {"target": 20} | seconds], []


def samplers(dataset, rounds, quick, absent, alternate, rates):
    """PixelCNN, codes drawn one by one: what the cache saves.

    The naive sampler runs the whole net for each position. On the larger map its time is that of
    some passes times their number: every pass costs the same.
    """
    torch.manual_seed(SEED)
    net = nets.PixelCNN(128, width=64, num_blocks=9, kernel_size=5, head=256).eval()
    net.mixed_precision = False  # as in sampling
    in_use, found = net.num_parameters(), []
    cases = (8, 4, None), (16, 2, None)
    if not quick:
        cases = (8, 16, None), (8, 64, 10), (32, 16, 30)
    for size, maps, target in cases:
        passes = min(size**2, 4 if quick else 16)
        codes = torch.zeros(maps, size, size, dtype=torch.int64)

        @torch.no_grad()
        def naive(codes=codes, passes=passes):
            for _ in range(passes):
                net(codes)

        def cached(maps=maps, size=size):
            net.sample(maps, (size, size))

        seconds = alternate({"theirs": naive, "ours": cached}, rounds)
        seconds["theirs"] = [size**2 / passes * taken for taken in seconds["theirs"]]
        found.append(
            {
                "metric": f"cached_speedup_{size}x{size}_{maps}_maps",
                "label": f"PixelCNN, {maps} maps of {size} x {size}: the naive sampler",
                "target": target,
                "note": f"naive time from {passes} of its {size**2:,} passes; "
                + share(2 * in_use * maps * size**2, seconds["ours"], rates, "float32"),
            }
            | seconds
        )
    return found, []


FIRST_BATCH = """
import time
from course_utils import data
start = time.perf_counter()
images = data.load("mnist").train_images
next(iter(data.Batches(images, 128, 0, data.binarise)))
print(time.perf_counter() - start)
"""


def first_batches(dataset, rounds, quick, absent, alternate, rates):
    """From the prepared file to the first batch, in new processes."""
    taken = []
    for _ in range(rounds):
        command = [sys.executable, "-c", FIRST_BATCH]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        taken.append(float(done.stdout))
    worst = {"metric": "first_batch_seconds", "label": "first batch of MNIST, the slowest start"}
    return [], [worst | {"value": max(taken), "unit": "s (asked: 0.2)", "n": rounds}]


PARTS = (training_epochs, log_likelihoods, flows, quantisers, samplers, first_batches)
