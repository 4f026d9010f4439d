"""What the lessons build themselves, taken from the notebooks, at other sizes than they show.

A lesson shows a property of its class at one size. Where two sizes happen to agree (a width and
an embedding, samples and examples, the latents of two layers) a mistake may hide, or appear.
"""

import contextlib
import functools
import itertools
import math
import statistics
from types import SimpleNamespace

import pytest
import torch
from torch import nn
from torch.distributions import Categorical, Normal

from course_utils import exact, losses, nets, settings
from homework import lessons
from homework.inside import extract

DOUBLE = torch.float64


@functools.cache
def own(number):
    """The imports, functions, classes and constants of a lesson's cells, solutions included."""
    (path,) = (settings.root() / "notebooks").glob(f"{number}_*.ipynb")
    cells = lessons.read(path).cells
    sources = [lessons.source(cell) if cell["cell_type"] == "code" else "" for cell in cells]
    statements, faults = extract.statements(sources)
    assert not faults
    lesson = SimpleNamespace(device=torch.device("cpu"), seed=2024, budget=settings.budget)
    space, imported = {"lesson": lesson, "__name__": f"lesson{number}"}, set()
    for part in statements:
        constant = part.kind == "constant" and imported >= set(part.reads)
        if part.kind == "import":
            imported |= set(part.binds)
        if constant or part.kind in ("import", "definition"):
            with contextlib.suppress(NameError):  # a default value that only the lesson's run has
                exec(part.code, space)
    return SimpleNamespace(space=space, **{k: v for k, v in space.items() if k.isidentifier()})


def shaken(net, size=0.3):
    """``net`` in float64 with weights far from those it starts with."""
    with torch.no_grad():
        for parameter in net.parameters():
            parameter.add_(size * torch.randn_like(parameter))
    return net.double()


# Lesson 08: no output sees its own code or a later one, at any width.

WIDTH, EMBEDDING = 5, 64


def missing_pairs(kind, half, height):
    """How many (now, past) pairs of places no path joins, in a net that is deep enough."""
    if kind == "two stacks":
        return 0
    if kind == "two stacks, one start":  # the last column of the row above, from afar
        return (height - 1) * max(0, WIDTH - 1 - half)
    pairs = itertools.product(itertools.product(range(height), range(WIDTH)), repeat=2)
    return sum(i > r and c - j > half * (i - r) for (i, j), (r, c) in pairs)


def pixel_net(kind, num_codes, width, kernel_size, depth=None, **options):
    """A net of lesson 08 that reaches over the whole map, unless ``depth`` says otherwise."""
    one_start = kind == "two stacks, one start"
    if depth is None:
        depth = -(-(WIDTH - 1) // (kernel_size // 2)) - (not one_start)
    if kind == "plain":
        return own("08").PixelCNN(num_codes, width, depth, kernel_size, 16, **options)
    net = own("08").GatedPixelCNN
    return net(num_codes, width, depth, kernel_size, 16, shared_start=one_start, **options)


def future_and_missing(net, height):
    """How many places' logits depend on their own code or a later one, and not on an earlier."""
    x = torch.randn(1, EMBEDDING, height, WIDTH, dtype=DOUBLE, requires_grad=True)
    logits = net.from_embedded(x)
    mixed = torch.einsum("bkhw,k->hw", logits, torch.randn(logits.shape[1]).double()).flatten()
    eye = torch.eye(len(mixed), dtype=DOUBLE)
    (rows,) = torch.autograd.grad(mixed, x, eye, is_grads_batched=True)
    seen = rows.abs().sum((1, 2)).flatten(1) > 0
    past = torch.ones_like(seen).tril(-1)
    return int((seen & ~past).sum()), int((past & ~seen).sum())


def trained_a_little(net, num_codes):
    """After three steps on codes drawn at random."""
    optimizer = torch.optim.SGD(net.parameters(), lr=0.05)
    for _ in range(3):
        codes = torch.randint(0, num_codes, (2, 2, WIDTH))
        optimizer.zero_grad()
        loss = -own("08").code_log_prob(net(codes), codes).mean()
        loss.backward()
        optimizer.step()
    return net


PIXEL_NETS = pytest.mark.parametrize("kind", ["plain", "two stacks", "two stacks, one start"])


@pytest.mark.parametrize("kernel_size", [3, 5, 7])
@pytest.mark.parametrize("width", [16, 63, 64, 65, 128])
@PIXEL_NETS
def test_08_no_future_and_the_blind_spot_counted(kind, width, kernel_size):
    height = 3 if kernel_size == 3 else 2
    expected = 0, missing_pairs(kind, kernel_size // 2, height)
    for norm in (nn.Identity, own("08").ChannelNorm)[: 1 + (width == EMBEDDING)]:
        net = pixel_net(kind, 8, width, kernel_size, norm=norm).double()
        for stage in ("fresh", "after steps"):
            if stage == "after steps":
                trained_a_little(net, 8)
            for training in (True, False):
                found = future_and_missing(net.train(training), height)
                assert found == expected, (stage, training)


def test_08_the_net_of_the_embeddings_width_by_the_lessons_own_count():
    """Where both are 64, what is added to the input of the first layer is the codes themselves."""
    net = own("08").GatedPixelCNN(8, 64, 2, 7, 16)
    assert own("08").count(own("08").dependencies(net, size=4)) == (0, 0)


@pytest.mark.parametrize("width", [16, 64, 65])
@PIXEL_NETS
def test_08_probabilities_of_all_maps_sum_to_one(kind, width):
    maps = torch.tensor(list(itertools.product(range(3), repeat=4))).view(81, 2, 2)
    net = pixel_net(kind, 3, width, 3, depth=2).double()
    for change in (None, functools.partial(trained_a_little, num_codes=3), shaken):
        net = change(net) if change else net
        for training in (True, False):
            with torch.no_grad():
                p = own("08").code_log_prob(net.train(training)(maps), maps).exp()
            assert p.sum().item() == pytest.approx(1, abs=1e-12)
    assert p.log().std() > 0.1  # no uniform one


@pytest.mark.parametrize("width", [16, 64])
@PIXEL_NETS
def test_08_which_normalisation_leaks(kind, width):
    found = {}
    norms = nn.BatchNorm2d, functools.partial(nn.GroupNorm, 1), own("08").ChannelNorm
    for name, norm in zip(("batch", "whole map", "channels"), norms, strict=True):
        net = pixel_net(kind, 8, width, 3, norm=norm).double()
        for mode in (True, False):
            found[name, mode] = future_and_missing(net.train(mode), 2)[0] > 0
    leaking = {pair for pair, leaks in found.items() if leaks}
    assert leaking == {("batch", True), ("whole map", True), ("whole map", False)}


@pytest.mark.parametrize(("width", "kernel_size"), [(32, 5), (64, 3), (64, 7), (65, 3)])
@pytest.mark.parametrize("kind", ["plain", "two stacks"])
def test_08_one_checkpoint_loads_into_both(kind, width, kernel_size):
    """The packaged kernels have no masked weights; what stands there in the lesson's is unused."""
    packaged = nets.PixelCNN if kind == "plain" else nets.GatedPixelCNN
    packaged = shaken(packaged(7, width, 2, kernel_size, head=16), 0.1)
    net = pixel_net(kind, 7, width, kernel_size, 2, norm=own("08").ChannelNorm).double()
    weights = packaged.state_dict()
    assert weights.keys() == net.state_dict().keys()
    for key, weight in net.state_dict().items():
        if weight.shape != weights[key].shape:
            mask = net.get_submodule(key.removesuffix(".weight")).mask > 0
            weights[key] = weight.masked_scatter(mask, weights[key])
    net.load_state_dict(weights)
    codes = torch.randint(0, 7, (3, 4, 6))
    ours = own("08").code_log_prob(net(codes), codes)
    torch.testing.assert_close(ours, packaged.log_prob(codes))


def test_08_log_prob_where_all_sizes_agree():
    logits, codes = torch.randn(3, 3, 3, 3).double(), torch.randint(0, 3, (3, 3, 3))
    expected = Categorical(logits=logits.movedim(1, -1)).log_prob(codes).sum((1, 2))
    torch.testing.assert_close(own("08").code_log_prob(logits, codes), expected)


@pytest.mark.parametrize("shape", [(1, 1), (1, 4), (2, 3), (5, 2), (8, 8), (9, 7)])
@pytest.mark.parametrize("kernel_size", [1, 3, 5, 7])
def test_08_conv_at_is_the_convolution_at_every_place(kernel_size, shape):
    x = torch.randn(3, 3, *shape).double()
    weight, bias = torch.randn(3, 3, kernel_size, kernel_size).double(), torch.randn(3).double()
    whole = nn.functional.conv2d(x, weight, bias, padding=kernel_size // 2)
    for row, column in itertools.product(*map(range, shape)):
        at = own("08").conv_at(x, weight, bias, row, column)
        torch.testing.assert_close(at, whole[:, :, row, column])


@pytest.mark.parametrize("num_latents", [1, 2, 4, 16])
def test_08_pixels_given_any_code_sum_to_one(num_latents):
    images = torch.tensor(list(itertools.product(range(2), repeat=4))).view(16, 2, 2)
    model = shaken(own("08").PixelVAE(2, 1, 3, num_latents), 0.1)
    model.pixels.mixed_precision = False
    context = model.map(torch.randn(1, num_latents, dtype=DOUBLE)).expand(16, -1, -1, -1)
    total = model.pixels.log_prob(images, context=context).exp().sum().item()
    assert total == pytest.approx(1, abs=1e-12)


# Lesson 06: masks, and what is made of them, whatever the widths.

LATENTS = [1, 2, 3, 8, 17]


def flow_of(num_latents, num_hidden):
    return shaken(own("06").AutoregressivePrior(num_latents, num_hidden))


@pytest.mark.parametrize("out_per_dim", [1, 2, 3])
@pytest.mark.parametrize("dim", LATENTS)
def test_06_made_is_strictly_triangular(dim, out_per_dim):
    """With hidden layers narrower than its inputs too, where some of the past is missing."""
    for hidden in ((max(1, dim - 1),), (1, 3), (dim, dim), (2 * dim + 1, dim, 40)):
        net = shaken(own("06").MADE(dim, hidden, out_per_dim), 1.0)
        points = torch.randn(dim, dim).double()  # as many as inputs
        assert net(points).shape == (dim, dim, out_per_dim)
        jacobian = [torch.autograd.functional.jacobian(net, point) for point in points]
        seen = (torch.stack(jacobian) != 0).any(0)  # (output, parameter, input)
        assert not (seen.any(1) & torch.ones(dim, dim).triu().bool()).any()
    past = torch.ones(dim, dim).tril(-1) > 0
    for hidden in (2 * (max(1, dim - 1),), (40, 40)):  # the narrowest without a gap, and a wide one
        found = own("06").masks(dim, hidden, out_per_dim)
        paths = functools.reduce(lambda before, mask: mask @ before, found)
        joined = paths.unflatten(0, (dim, out_per_dim)) > 0  # (output, parameter, input)
        assert (joined == past[:, None]).all()


@pytest.mark.parametrize("num_hidden", [1, 2, 5, 64])
@pytest.mark.parametrize("num_latents", LATENTS)
def test_06_log_det_and_inverse(num_latents, num_hidden):
    flow = flow_of(num_latents, num_hidden)
    z = torch.randn(num_latents, num_latents).double()  # as many points as latents

    def to_noise(z):
        log_scale, shift = flow.scale_and_shift(z)
        return z * log_scale.exp() + shift

    jacobian = torch.stack([torch.autograd.functional.jacobian(to_noise, point) for point in z])
    assert (jacobian.triu(1) == 0).all()
    epsilon = to_noise(z)
    expected = Normal(0.0, 1.0).log_prob(epsilon).sum(-1) + torch.linalg.slogdet(jacobian)[1]
    torch.testing.assert_close(flow.log_prob(z), expected)
    torch.testing.assert_close(flow.invert(epsilon.detach()), z, rtol=1e-6, atol=1e-6)
    many = torch.randn(2, 3, num_latents).double()
    torch.testing.assert_close(flow.log_prob(many)[1, 2], flow.log_prob(many[1, 2]))


@pytest.mark.parametrize("num_flows", [1, 2, 3])
@pytest.mark.parametrize("num_latents", [1, 2])
def test_06_a_stack_of_flows_integrates_to_one(num_latents, num_flows):
    stack = shaken(own("06").Stack(num_latents, num_flows, 8), 0.2)
    axis = torch.linspace(-20, 20, 500).double()
    grid = torch.cartesian_prod(*[axis] * num_latents).reshape(-1, num_latents)
    with torch.no_grad():
        total = stack.log_prob(grid).exp().sum() * (axis[1] - axis[0]) ** num_latents
    assert total.item() == pytest.approx(1, abs=2e-3)


@pytest.mark.parametrize("num_latents", LATENTS)
def test_06_samples_and_rate_of_the_prior(num_latents):
    """The lesson's rate beside the packaged flow's, with as many codes as latents."""
    prior = nets.AutoregressivePrior(num_latents, (20, 20)).double()
    prior.load_state_dict(shaken(own("06").AutoregressivePrior(num_latents, 20), 0.1).state_dict())
    z = prior.sample(num_latents, torch.Generator().manual_seed(0))
    torch.testing.assert_close(prior.invert(prior.transform(z)[0]), z)
    mu, log_var = torch.randn(2, num_latents, num_latents).double()
    rate = own("06").flow_rate(log_var, prior.log_prob(z))
    entropy = Normal(mu, (0.5 * log_var).exp()).entropy().sum(-1)
    torch.testing.assert_close(rate, -entropy - prior.log_prob(z))
    torch.testing.assert_close(rate, prior.rate(mu, log_var, z))


def test_06x_aggregate_where_points_posteriors_and_latents_are_as_many():
    z, mu, log_var = torch.randn(3, 4, 4).double()
    each = torch.zeros(4, 4, dtype=DOUBLE)
    for m, n in itertools.product(range(4), repeat=2):
        each[m, n] = Normal(mu[n], (0.5 * log_var[n]).exp()).log_prob(z[m]).sum()
    expected = each.logsumexp(1) - math.log(4)
    torch.testing.assert_close(own("06x").log_aggregate(z, mu, log_var), expected)


def test_06x_mixtures_are_densities_and_a_vampprior_is_one_of_posteriors():
    lesson = own("06x")
    axis = torch.linspace(-12, 12, 401, dtype=DOUBLE)
    grid = torch.stack(torch.meshgrid(axis, axis, indexing="ij"), -1)
    parts = torch.randn(2, 5, 2, dtype=DOUBLE)
    density = lesson.Mixture(*parts).log_prob(grid).exp()
    assert density.sum().item() * (axis[1] - axis[0]).item() ** 2 == pytest.approx(1, abs=1e-4)
    torch.testing.assert_close(lesson.log_mixture(grid[0], *parts).exp(), density[0])
    torch.testing.assert_close(
        lesson.log_aggregate(grid[200], *parts), lesson.log_mixture(grid[200], *parts)
    )
    prior = lesson.VampPrior(torch.rand(3, 1, 2, 2))
    prior.encode = lambda images: images.flatten(1).chunk(2, 1)
    mu, log_var = prior.pixels.detach().sigmoid().flatten(1).chunk(2, 1)
    z = torch.randn(2, 4, 2)
    expected = lesson.log_mixture(z, mu, log_var)
    torch.testing.assert_close(prior.log_prob(z), expected)
    entropy = Normal(mu, (0.5 * log_var).exp()).entropy().sum(-1)
    rate = prior.rate(mu, log_var, mu)
    torch.testing.assert_close(rate, -entropy - prior.log_prob(mu))
    rate.sum().backward()
    assert prior.pixels.grad.abs().min() > 0


@pytest.mark.parametrize(("codes", "images"), [(1, 2), (3, 3), (7, 4)])
def test_06_the_bound_of_the_waste_has_the_error_of_independent_images(codes, images):
    log_r, log_p = torch.randn(2, codes, images).double()
    bound, error = own("06").least_waste(log_r, log_p)
    each = [float((log_r - log_p)[:, i].sum() / codes) for i in range(images)]
    assert float(bound) == pytest.approx(sum(each) / images)
    assert float(error) == pytest.approx(statistics.stdev(each) / math.sqrt(images))


# Lesson 10: draws against masses, colours, and axes of one length.


@pytest.mark.parametrize("shape", [(1, 1, 1, 1), (2, 3, 1, 2), (3, 3, 3, 3)])
def test_10_masses_of_256_levels_and_the_draws(shape):
    """Evenly spaced u give each level as often as its mass says, whatever mu and scale."""
    lesson = own("10")
    mu, log_scale = 0.6 * torch.randn(shape).double(), -3 + torch.randn(shape).double()
    levels = ((2 * torch.arange(256).double() - 255) / 255).view(-1, 1, 1, 1, 1)
    mass = lesson.log_mass(levels.expand(-1, *shape), mu, log_scale).exp()
    torch.testing.assert_close(mass.sum(0), torch.ones(shape).double())
    n = 5_000
    u = ((torch.arange(n) + 0.5) / n).double().view(-1, 1, 1, 1, 1).expand(-1, *shape)
    drawn = lesson.sample_logistic(u, mu, log_scale)
    number = ((drawn + 1) * 127.5).round().long().flatten(1)
    counts = nn.functional.one_hot(number, 256).sum(0).T.view(256, *shape)
    assert (counts / n - mass).abs().max() <= 1.01 / n
    assert (drawn - levels.flatten()[number.view_as(drawn)]).abs().max() < 1e-6


@pytest.mark.parametrize("sizes", [(1, 1, 1, 1), (3, 3, 3, 3), (2, 4, 1, 3)])
def test_10_coupled_mixtures_are_those_of_the_package(sizes):
    """B, M, H and W; three of each meet the three colours."""
    lesson, (batch, num, height, width) = own("10"), sizes
    params = torch.randn(batch, 10 * num, height, width).double()
    x = 2 * torch.randint(0, 256, (batch, 3, height, width)).double() / 255 - 1
    logits, *rest = params.split([num] + 3 * [3 * num], 1)
    mu, log_scale, coefficients = (part.unflatten(1, (num, 3)) for part in rest)
    means = lesson.coupled_means(x, mu, coefficients)
    for b, m in itertools.product(range(batch), range(num)):
        c, (red, green, _) = coefficients[b, m].tanh(), x[b]
        leans = torch.stack([0 * red, c[0] * red, c[1] * red + c[2] * green])
        torch.testing.assert_close(means[b, m], mu[b, m] + leans)
    log_p = lesson.log_mass(x[:, None].expand_as(mu), means, log_scale)
    found = lesson.mixture_log_prob(logits, log_p)
    mixed = torch.zeros(batch).double()
    for b, h, w in itertools.product(range(batch), range(height), range(width)):
        each = logits[b, :, h, w].log_softmax(0) + log_p[b, :, :, h, w].sum(1)
        mixed[b] += each.logsumexp(0)
    torch.testing.assert_close(found, mixed)
    torch.testing.assert_close(found, losses.discretized_logistic_mixture_log_prob(x, params))


@pytest.mark.parametrize("levels", [2, 5, 256])
@pytest.mark.parametrize("channels", [1, 3])
def test_10_draws_of_mixtures_have_their_masses(channels, levels):
    """The sampler that the lesson goes on with; the first and the last colour by frequency."""
    n, num = 40_000, 2
    one = torch.randn(1, num * (1 + 2 * channels + channels * (channels - 1) // 2), 1, 1)
    with torch.no_grad():
        one[:, num * (1 + channels) : num * (1 + 2 * channels)] -= 1.0  # scales: not too wide
    generator = torch.Generator().manual_seed(0)
    sample = losses.sample_discretized_logistic_mixture
    drawn = sample(one.expand(n, -1, -1, -1), channels, levels, generator)
    number = ((drawn + 1) * (levels - 1) / 2).round().long().view(n, channels)
    torch.testing.assert_close((2 * number / (levels - 1) - 1).view_as(drawn), drawn)
    few = min(levels, 5)  # bins of levels
    cells = (number * few // levels).unique(dim=0, return_counts=True)
    grid = 2 * torch.arange(levels).double() / (levels - 1) - 1
    log_prob = functools.partial(losses.discretized_logistic_mixture_log_prob, levels=levels)
    if channels == 3 and levels == 256:  # 16 million colours: the means and the squares instead
        again = sample(one.expand(n, -1, -1, -1), channels, levels, generator)
        scores = [log_prob(part, one.expand(n, -1, -1, -1)) for part in (drawn, again)]
        assert abs(scores[0].mean() - scores[1].mean()) < 5 * scores[0].std() * (2 / n) ** 0.5
        return
    colours = torch.cartesian_prod(*[grid] * channels).view(-1, channels, 1, 1)
    mass = log_prob(colours, one.double().expand(len(colours), -1, -1, -1)).exp()
    assert mass.sum().item() == pytest.approx(1, abs=1e-6)
    of_bin = torch.cartesian_prod(*[torch.arange(levels)] * channels).view(-1, channels)
    of_bin = of_bin * few // levels
    for cell, count in zip(*cells, strict=True):
        p = mass[(of_bin == cell).all(1)].sum().item()
        assert abs(count / n - p) < 5 * math.sqrt(p * (1 - p) / n) + 1e-4


# Lesson 11: weights and rates of two layers of any sizes, of the chain and of the ladder.

TWO_LAYERS = pytest.mark.parametrize("sizes", [(1, 1), (3, 3), (5, 5), (2, 4), (4, 2)])


class Known:
    """z2 ~ N(0, I) (L2), z1 = a z2 + N(0, v) (L1), x = b z1 + N(0, s), number by number.

    Where one layer has more numbers than the other, the last of them have no partner.
    """

    def __init__(self, sizes):
        self.sizes, self.s = sizes, 0.3
        first, second = sizes
        self.pairs = min(sizes)
        self.a = torch.zeros(first).double()
        self.a[: self.pairs] = 0.5 + torch.rand(self.pairs)
        self.v, self.b = 0.2 + torch.rand(first).double(), 0.5 + torch.rand(first).double()
        self.total = self.a**2 + self.v  # variance of z1

    def up(self, z_2):
        """a z2, with zeros where z1 has no partner: (..., L2) -> (..., L1)."""
        return self.a * nn.functional.pad(z_2, (0, self.sizes[0] - self.sizes[1]))

    def log_prob(self, x):
        scale = (self.b**2 * self.total + self.s).sqrt()
        return Normal(0.0, scale).log_prob(x).sum(-1)

    def of_z_2(self, value, noise):
        """Posterior of z2 from value = a z2 + N(0, noise): mu and log_var (..., L2)."""
        extra = self.sizes[1] - self.sizes[0]
        whole = self.a**2 + noise
        mu = nn.functional.pad(self.a / whole * value, (0, extra))
        log_var = nn.functional.pad((noise / whole).log(), (0, extra))
        return mu, log_var.expand_as(mu)


def draw(mu, log_var, *lead):
    return mu + (0.5 * log_var).exp() * torch.randn(*lead, *mu.shape, dtype=DOUBLE)


@pytest.mark.parametrize("num", [1, 2, 3, 5])
@TWO_LAYERS
def test_11_every_log_weight_of_the_chain_is_the_evidence(sizes, num):
    """num samples of num examples, of num latents where the sizes are so."""
    known, lesson = Known(sizes), own("11")
    x = torch.randn(num, sizes[0], dtype=DOUBLE)
    var_q = 1 / (1 / known.total + known.b**2 / known.s)
    q_1 = var_q * known.b / known.s * x, var_q.log().expand_as(x)
    z_1 = draw(*q_1, num)
    q_2 = known.of_z_2(z_1, known.v)
    z_2 = draw(*q_2)
    p_1 = known.up(z_2), known.v.log().expand_as(z_1)
    log_p_x = Normal(known.b * z_1, math.sqrt(known.s)).log_prob(x).sum(-1)
    log_w = lesson.joint_log_weight(log_p_x, z_1, *q_1, z_2, *q_2, *p_1)
    assert log_w.shape == (num, num)
    torch.testing.assert_close(log_w, known.log_prob(x).expand(num, num))
    rates = lesson.layer_rates(z_1[0], *q_1, p_1[0][0], p_1[1][0], q_2[0][0], q_2[1][0])
    q, p = (Normal(mu, (0.5 * log_var).exp()) for mu, log_var in (q_1, (p_1[0][0], p_1[1][0])))
    torch.testing.assert_close(rates[0], (q.log_prob(z_1[0]) - p.log_prob(z_1[0])).sum(-1))
    upper = Normal(q_2[0][0], (0.5 * q_2[1][0]).exp())
    kl = torch.distributions.kl_divergence(upper, Normal(torch.zeros(()).double(), 1.0)).sum(-1)
    torch.testing.assert_close(rates[1], kl)


@pytest.mark.parametrize("num", [1, 3])
@TWO_LAYERS
def test_11_every_log_weight_of_the_ladder_is_the_evidence(sizes, num):
    known, lesson = Known(sizes), own("11")
    x = torch.randn(num, sizes[0], dtype=DOUBLE)
    said = x / known.b, (known.s / known.b**2).log().expand_as(x)  # of z1, by the image
    q_2 = known.of_z_2(said[0], known.v + said[1].exp())
    z_2 = draw(*q_2, num)
    p_1 = known.up(z_2), known.v.log().expand(num, num, -1)
    pairs = [lesson.combine(*said, p_1[0][k], p_1[1][k]) for k in range(num)]
    q_1 = [torch.stack(part) for part in zip(*pairs, strict=True)]
    z_1 = draw(*q_1)
    log_w = Normal(known.b * z_1, math.sqrt(known.s)).log_prob(x).sum(-1)
    for z, p, q in ((z_1, p_1, q_1), (z_2, (torch.zeros_like(z_2),) * 2, q_2)):
        for sign, (mu, log_var) in ((1, p), (-1, q)):
            log_w = log_w + sign * Normal(mu, (0.5 * log_var).exp()).log_prob(z).sum(-1)
    torch.testing.assert_close(log_w, known.log_prob(x).expand(num, num))


def linear(layer, weight, log_var):
    """Make ``layer`` give (weight x, log_var): weight is the diagonal of a matrix."""
    out, size = layer.weight.shape
    half = out // 2
    matrix = torch.zeros(half, size, dtype=DOUBLE)
    for i, value in enumerate(weight[: min(half, size)]):
        matrix[i, i] = value
    layer.weight.data = torch.cat([matrix, torch.zeros(out - half, size, dtype=DOUBLE)])
    layer.bias.data = torch.cat([torch.zeros(half, dtype=DOUBLE), log_var])


@pytest.mark.parametrize("kind", [nets.TwoLayerVAE, nets.LadderVAE])
@pytest.mark.parametrize("batch", [1, 3])
@TWO_LAYERS
def test_11_the_nets_that_it_trains_give_the_evidence(sizes, batch, kind):
    known = Known(sizes)
    first, second = sizes
    model = kind(
        nets.MLPEncoder((first,), (), first),
        nets.MLPEncoder((first,), (), second),
        nets.MLPDecoder(second, (), (first,), 2),
        nets.MLPDecoder(first, (), (first,)),
        nets.StandardNormal(second),
        nets.Gaussian(1, known.s),
        mixed_precision=False,
    ).double()
    extra = max(0, second - first)
    linear(model.decoder_2[0], known.a, known.v.log())
    model.decoder[0].weight.data, model.decoder[0].bias.data = known.b.diag(), 0 * known.b
    if kind is nets.TwoLayerVAE:
        var_q = 1 / (1 / known.total + known.b**2 / known.s)
        linear(model.encoder[1], var_q * known.b / known.s, var_q.log())
        noise = known.v
    else:
        linear(model.encoder[1], 1 / known.b, (known.s / known.b**2).log())
        noise = known.v + known.s / known.b**2
    whole = known.a**2 + noise
    log_var_2 = nn.functional.pad((noise / whole).log()[:second], (0, extra))
    linear(model.encoder_2[1], known.a / whole, log_var_2)
    x = torch.randn(batch, first, dtype=DOUBLE)
    for num in (1, batch, 5):
        log_w = model.log_weights(x, num)
        torch.testing.assert_close(log_w, known.log_prob(x).expand(num, batch))


@pytest.mark.parametrize("num", [1, 2, 4])
def test_11_free_bits_of_as_many_groups_as_examples(num):
    rates = torch.rand(num, num).double()
    expected = sum(max(0.5, rates[:, group].mean().item()) for group in range(num))
    assert own("11").grouped_free_bits(rates, 0.5).item() == pytest.approx(expected)


# Other lessons' own classes, where samples, examples and latents are as many.


@pytest.mark.parametrize("num", [1, 2])
def test_01_log_weights_of_two_samples_of_two_examples(num):
    lesson = own("01")
    model = lesson.VAE2D().double()
    x = torch.randn(num, 2, dtype=DOUBLE)
    torch.manual_seed(0)
    log_w = lesson.log_weights(model, x, num)
    torch.manual_seed(0)
    mu, log_var = model.encode(x)
    q = Normal(mu, (0.5 * log_var).exp())
    z = q.loc + q.scale * torch.randn(num, num, 2, dtype=DOUBLE)
    for k, b in itertools.product(range(num), repeat=2):
        mu_x, log_var_x = model.decode(z[k, b])
        log_p = Normal(mu_x, (0.5 * log_var_x).exp()).log_prob(x[b]).sum()
        log_p = log_p + Normal(0.0, 1.0).log_prob(z[k, b]).sum()
        torch.testing.assert_close(log_w[k, b], log_p - q.log_prob(z[k])[b].sum())


@pytest.mark.parametrize("num", [1, 3])
def test_01_the_general_vae_of_the_package_is_the_same_model(num):
    lesson, x = own("01"), torch.randn(5, 2)
    encoder = nets.MLPEncoder((2,), (64, 64), 2, "silu")
    decoder = nets.MLPDecoder(2, (64, 64), (2,), 2, "silu")
    parts = encoder, decoder, nets.StandardNormal(2), nets.Gaussian(event_dim=1)
    model, packaged = lesson.VAE2D(), nets.VAE(*parts, mixed_precision=False)
    packaged.load_state_dict(model.state_dict())  # the parameters have the same names
    torch.manual_seed(0)
    log_w = lesson.log_weights(model, x, num)
    torch.manual_seed(0)
    torch.testing.assert_close(log_w, packaged.log_weights(x, num))


@pytest.mark.parametrize(("dims", "latents"), [(1, 1), (2, 2), (4, 2), (2, 4)])
def test_01_both_forms_of_the_elbo_are_the_evidence_minus_the_gap(dims, latents):
    lesson = own("01")
    weight, bias = torch.randn(dims, latents).double(), torch.randn(dims).double()
    known = exact.LinearGaussianVAE(weight, bias, 0.7)
    x, log_var = known.sample(6), torch.randn(latents).double()
    mu = known.posterior(x)[0]
    given = x, weight, bias, 0.7, mu, log_var.expand_as(mu)
    log_joint, entropy, distortion, rate = lesson.elbo_two_ways(*given)
    below = known.log_prob(x) - lesson.gap_in_closed_form(known, log_var.exp())
    torch.testing.assert_close(log_joint + entropy, below)
    torch.testing.assert_close(-distortion - rate, below)


@pytest.mark.parametrize("num", [1, 2, 3])
def test_02_samples_examples_and_latents_in_one_pass(num):
    lesson = own("02")
    model, packaged = lesson.VAE(400, num).eval(), nets.image_vae(num).eval()
    packaged.load_state_dict(model.state_dict())
    z = torch.randn(num, num, num)
    x = (torch.rand(num, 1, 28, 28) < 0.5).float()
    with torch.no_grad():
        looped = torch.stack(
            [
                torch.stack([model.decode(z[k, b : b + 1])[0] for b in range(num)])
                for k in range(num)
            ]
        )
        torch.testing.assert_close(model.decode(z), looped, rtol=1e-4, atol=1e-4)
        torch.manual_seed(0)
        rate, distortion = model(x)
        torch.manual_seed(0)
        mu, log_var = model.encode(x)
        q = Normal(mu, (0.5 * log_var).exp())
        z = q.loc + q.scale * torch.randn_like(mu)
        kl = torch.distributions.kl_divergence(q, Normal(torch.zeros_like(mu), 1.0)).sum(-1)
        fit = torch.distributions.Bernoulli(logits=model.decode(z)).log_prob(x).sum((1, 2, 3))
        torch.manual_seed(0)
        terms = packaged(x)
    torch.testing.assert_close(rate, kl, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(distortion, -fit, rtol=1e-4, atol=1e-2)
    torch.testing.assert_close(terms["distortion"], distortion, rtol=2e-2, atol=1)


@pytest.mark.parametrize("latents", [2, 3, 7])
def test_02x_a_turning_line_turns_by_equal_angles_and_ends_at_its_ends(latents):
    line = own("02x").spherical_line
    a, b = torch.randn(2, 5, latents, dtype=DOUBLE)
    b = b * 3
    torch.testing.assert_close(line(a, b, 0.0), a)
    torch.testing.assert_close(line(a, b, 1.0), b)
    unit_a, unit_b = (end / end.norm(dim=1, keepdim=True) for end in (a, b))
    steps = torch.stack([line(unit_a, unit_b, step) for step in (0.0, 0.25, 0.5, 0.75, 1.0)])
    torch.testing.assert_close(steps.norm(dim=2), torch.ones(5, 5, dtype=DOUBLE))
    cosines = (steps[1:] * steps[:-1]).sum(2)
    torch.testing.assert_close(cosines, cosines[:1].expand(4, 5))


@pytest.mark.parametrize("size", [1, 3, 40])
def test_03x_the_frechet_distance_of_features_and_of_the_same_stretched(size):
    a = torch.randn(60, size + 1, dtype=DOUBLE)
    apart = (a.mean(0) + 1).square().sum() + torch.cov(a.T).trace()
    assert own("03x").frechet(a, 2 * a + 1) == pytest.approx(apart.item())
    assert own("03x").frechet(a, a) == pytest.approx(0, abs=1e-6)


def test_03x_blocks_are_measured_and_what_a_pixel_reaches():
    lesson = own("03x")
    reached = [lesson.reach(lesson.last_layers(*how)) for how in lesson.LAYERS.values()]
    assert reached == [1, 4, 9, 4]
    checkers = torch.arange(32) % 2 * 2.0 - 1
    assert lesson.blockiness((checkers * checkers[:, None]).expand(1, 3, 32, 32)) == 1
    rows = torch.randn(1, 3, 16, 32).repeat_interleave(2, -2) + 0.1 * torch.randn(1, 3, 32, 32)
    assert lesson.blockiness(rows) > 10 and lesson.blockiness(rows.mT) > 10


@pytest.mark.parametrize(("batch", "values"), [(1, 1), (4, 30), (7, 784)])
def test_04x_the_variance_filled_in_is_the_best_one(batch, values):
    squared_error = values * torch.rand(batch, dtype=DOUBLE) + 0.01
    variance, distortion = own("04x").best_variance(squared_error, values)
    grid = variance * torch.linspace(0.5, 2.0, 301, dtype=DOUBLE)
    costs = values / 2 * (2 * math.pi * grid).log() + squared_error.mean() / (2 * grid)
    assert costs.argmin() == 100
    torch.testing.assert_close(distortion, costs[100])


@pytest.mark.parametrize("sizes", [(2, 2), (3, 5), (6, 2)])
def test_04x_rate_and_distortion_of_tables_end_at_the_entropy(sizes):
    num_x, num_z = sizes
    p_z, p_x_z = (torch.rand(*size, dtype=DOUBLE).softmax(-1) for size in ((num_z,), sizes[::-1]))
    p_x, joint = p_z @ p_x_z, (p_z[:, None] * p_x_z).T
    entropy = -torch.xlogy(p_x, p_x).sum()
    posterior = joint / joint.sum(1, keepdim=True)
    terms = own("04x").table_terms
    torch.testing.assert_close(sum(terms(p_x, posterior, p_z, p_x_z)), entropy)
    assert sum(terms(p_x, posterior.square().softmax(1), p_z, p_x_z)) > entropy


def test_04x_a_decoder_sees_earlier_pixels_alone_and_neighbours_only_those_that_touch():
    lesson, (row, column) = own("04x"), (torch.arange(49) // 7, torch.arange(49) % 7)
    far = torch.maximum((row[:, None] - row).abs(), (column[:, None] - column).abs())
    for sees, reach in ((lesson.neighbours(), 1), (lesson.all_earlier(), 6)):
        slope = sum(
            torch.autograd.functional.jacobian(lambda x, sees=sees: sees(x).sum(0), x).sum(1).abs()
            for x in torch.rand(20, 1, 49)
        )
        assert torch.equal(slope > 0, (far <= reach).tril(-1))


@pytest.mark.parametrize("sizes", [(1, 1, 1), (2, 2, 2), (4, 4, 4), (3, 5, 2)])
def test_05_variables_categories_and_examples_as_many_or_not(sizes, monkeypatch):
    lesson, (variables, categories, num) = own("05"), sizes
    run = {"NUM_VARIABLES": variables, "NUM_CATEGORIES": categories, "shape": (1, 28, 28)}
    run |= {"latents": variables * categories, "place": "cpu"}
    for name, value in (run | {"mean_image": torch.full((1, 28, 28), 0.5)}).items():
        monkeypatch.setitem(lesson.space, name, value)
    model = lesson.new_net(6).eval()
    logits = model.encode(torch.rand(num, 1, 28, 28))
    assert logits.shape == (num, variables, categories)
    kl = lesson.categorical_kl_uniform(logits)
    entropy = Categorical(logits=logits).entropy().sum(1)
    uniform = variables * math.log(categories)
    torch.testing.assert_close(kl, uniform - entropy, rtol=1e-4, atol=1e-5)
    z = lesson.straight_through(torch.randn(num, num, variables, categories))
    assert (z.sum(-1) == 1).all()
    looped = [model.decode(z[k, b : b + 1])[0] for k in range(num) for b in range(num)]
    decoded = model.decode(z).flatten(0, 1)
    torch.testing.assert_close(decoded, torch.stack(looped), rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "sizes", [(4, 4, 4, 4, 4), (3, 2, 1, 1, 1), (2, 3, 5, 4, 8), (1, 1, 2, 3, 1)]
)
@pytest.mark.parametrize("decay", [None, 0.9])
def test_07_the_quantiser_by_loops(decay, sizes):
    """B, D, H, W and K."""
    batch, dim, height, width, num = sizes
    quantiser = own("07").VectorQuantizer(num, dim, decay=decay).double()
    quantiser.codebook.data = torch.randn(num, dim, dtype=DOUBLE)
    before, usage = quantiser.codebook.detach().clone(), quantiser.usage.clone()
    z_e = torch.randn(batch, dim, height, width, dtype=DOUBLE, requires_grad=True)
    z_q, indices, codebook_loss, commitment = quantiser.train()(z_e)
    sums, counts = torch.zeros(num, dim, dtype=DOUBLE), torch.zeros(num, dtype=DOUBLE)
    for b, h, w in itertools.product(range(batch), range(height), range(width)):
        vector = z_e.detach()[b, :, h, w]
        k = int((before - vector).square().sum(1).argmin())
        assert indices[b, h, w] == k
        torch.testing.assert_close(z_q[b, :, h, w].detach(), before[k])
        sums[k] += vector
        counts[k] += 1
    error = (z_e.detach() - z_q.detach()).square().flatten(1).mean(1)
    torch.testing.assert_close(codebook_loss.detach(), error)
    torch.testing.assert_close(commitment.detach(), error)
    slope = torch.randn_like(z_q)
    (gradient,) = torch.autograd.grad((z_q * slope).sum(), z_e)
    torch.testing.assert_close(gradient, slope)
    kept, share = decay or 0.99, num / counts.sum()
    usage = kept * usage + (1 - kept) * share * counts
    torch.testing.assert_close(quantiser.usage, usage)
    moved = before
    if decay:
        step = (1 - decay) * share / usage
        moved = before + step[:, None] * (sums - counts[:, None] * before)
    torch.testing.assert_close(quantiser.codebook.detach(), moved)


@pytest.mark.parametrize("num", [1, 2, 3])
def test_09_samples_examples_and_latents_as_many(num):
    lesson = own("09")
    log_w = torch.randn(num, num, dtype=DOUBLE)
    for b in range(num):
        expected = log_w[:, b].exp().mean().log()
        torch.testing.assert_close(lesson.importance_weighted_bound(log_w)[b], expected)
        torch.testing.assert_close(lesson.nested_bounds(log_w, num)[b], expected)
        torch.testing.assert_close(lesson.nested_bounds(log_w, 1)[b], log_w[:, b].mean())
    decoder = nn.Linear(num, num).double()
    z = torch.randn(num, num, num, dtype=DOUBLE)
    looped = torch.stack([decoder(part) for part in z])
    torch.testing.assert_close(lesson.decode_samples(decoder, z), looped)
    x, mu, log_var, noise = torch.randn(4, num, num, dtype=DOUBLE)
    weight, bias = torch.randn(num, num, dtype=DOUBLE), torch.randn(num, dtype=DOUBLE)
    epsilon = noise.expand(num, -1, -1) + torch.randn(num, num, num, dtype=DOUBLE)
    found = lesson.toy_log_w(x, mu, log_var, epsilon, weight, bias)
    z = mu + (0.5 * log_var).exp() * epsilon
    for k, b in itertools.product(range(num), repeat=2):
        q = Normal(mu[b], (0.5 * log_var[b]).exp()).log_prob(z[k, b]).sum()
        p = Normal(0.0, 1.0).log_prob(z[k, b]).sum()
        fit = Normal(weight @ z[k, b] + bias, 1.0).log_prob(x[b]).sum()
        torch.testing.assert_close(found[k, b], fit + p - q)


@pytest.mark.parametrize("num", [1, 2, 3])
def test_09_the_doubly_reparameterised_gradient_by_its_formula(num):
    """Sum over samples of w^2 times the path's derivative of log w, for each example alone."""
    lesson = own("09")
    x, mu, log_var = torch.randn(3, num, num, dtype=DOUBLE)
    mu, log_var = mu.requires_grad_(), log_var.requires_grad_()
    weight, bias = torch.randn(num, num, dtype=DOUBLE), torch.randn(num, dtype=DOUBLE)
    epsilon = torch.randn(num, num, num, dtype=DOUBLE)
    value = lesson.dreg_surrogate(x, mu, log_var, epsilon, weight, bias).sum()
    found = torch.autograd.grad(value, (mu, log_var))
    log_w = lesson.toy_log_w(x, mu, log_var, epsilon, weight, bias, detach=True)
    squares = log_w.detach().softmax(0).square()
    expected = torch.autograd.grad((squares * log_w).sum(), (mu, log_var))
    torch.testing.assert_close(found, expected)


@pytest.mark.parametrize("shape", [(1, 1, 1, 1, 1), (3, 3, 3, 3, 3), (2, 3, 1, 4, 2)])
def test_03_squared_errors_and_jacobian_of_each_image(shape):
    lesson = own("03")
    mu, x = torch.randn(shape, dtype=DOUBLE), torch.randn(shape[1:], dtype=DOUBLE)
    looped = [[(m - one).square().sum() for m, one in zip(part, x, strict=True)] for part in mu]
    torch.testing.assert_close(lesson.squared_error(x, mu), torch.tensor(looped, dtype=DOUBLE))
    pixels = torch.rand(shape[1:], dtype=DOUBLE)
    y, log_det = lesson.logit_transform(pixels)
    for b in range(len(pixels)):
        slope = torch.autograd.functional.jacobian(
            lambda v: lesson.logit_transform(v)[0], pixels[b].view(1, -1)
        )
        determinant = torch.linalg.slogdet(slope[0, :, 0])[1]
        torch.testing.assert_close(log_det[b], determinant)


@pytest.mark.parametrize("sizes", [(1, 2), (2, 3), (3, 4)])
def test_05x_the_mean_of_reinmax_is_the_trapezoid_along_the_edges(sizes):
    lesson, (variables, categories) = own("05x"), sizes
    logits = torch.randn(variables, categories, dtype=DOUBLE)
    codes = torch.nn.functional.one_hot(exact.all_codes(*sizes), categories).double()
    matrix = torch.randn(variables * categories, 5, dtype=DOUBLE)

    def cost(z):
        return (z.flatten(-2) @ matrix).exp().sum(-1)

    at = logits.expand(len(codes), *sizes).clone().requires_grad_()
    q = lesson.log_q(codes, logits).exp()
    found = torch.autograd.grad(q @ cost(lesson.reinmax(codes, at)), at)[0].sum(0)
    z = codes.clone().requires_grad_()
    slope = torch.autograd.grad(cost(z).sum(), z)[0]
    edge = codes - codes[:, None]
    step = ((slope + slope[:, None]) / 2 * edge).sum((-2, -1))
    step = step * (edge.abs().sum((-2, -1)) == 2)
    wanted = torch.einsum("a,ab,abnk->nk", q, step, edge.clamp(min=0)) * logits.softmax(-1)
    torch.testing.assert_close(found, wanted)


def test_05x_noisy_logits_given_the_winner_are_noisy_logits():
    lesson, logits = own("05x"), torch.tensor([1.0, 0.0, -1.0], dtype=DOUBLE).expand(200_000, 1, 3)
    noisy = lesson.again(lesson.draw(logits), logits)
    torch.testing.assert_close(noisy.mean(0), logits[0] + 0.57721566, atol=0.02, rtol=0)
    torch.testing.assert_close(
        noisy.var(0), torch.full_like(logits[0], torch.pi**2 / 6), atol=0.03, rtol=0
    )
    z = lesson.draw(logits)
    assert torch.equal(lesson.again(z, logits).argmax(-1), z.argmax(-1))
