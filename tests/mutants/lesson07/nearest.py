"""Answers to exercise 7.1, ``nearest``: wrong and right ones."""

import numpy as np
import torch
from scipy.spatial import KDTree
from scipy.spatial.distance import cdist
from torch.nn import functional

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


@right
def nearest_plain(z_e, codebook):
    return (codebook.square().sum(1) - 2 * z_e @ codebook.T).argmin(1)


@right
def nearest_by_cdist(z_e, codebook):
    return torch.cdist(z_e, codebook).argmin(dim=-1)


@right
def nearest_as_argmax(z_e, codebook):
    score = torch.einsum("nd,kd->nk", z_e, codebook) - 0.5 * torch.linalg.norm(codebook, dim=1) ** 2
    return torch.topk(score, 1, dim=1).indices.squeeze(1)


@right
def nearest_by_loop(z_e, codebook):
    return torch.tensor([int((codebook - z).square().sum(1).argmin()) for z in z_e])


@right
def nearest_numpy_style(z_e, codebook):
    z, e = z_e.double().numpy(), codebook.double().numpy()
    return np.argmin((z**2).sum(1, keepdims=True) - 2 * z @ e.T + (e**2).sum(1), axis=1)


@wrong("the largest inner product is taken")
def nearest_by_product(z_e, codebook):
    return (z_e @ codebook.T).argmax(1)


@wrong("the largest inner product is taken")
def nearest_with_norm_of_z(z_e, codebook):
    return (z_e.square().sum(1, keepdim=True) - 2 * z_e @ codebook.T).argmin(1)


@wrong("the largest inner product is taken")
def nearest_with_norm_of_all(z_e, codebook):
    return (codebook.square().sum() - 2 * z_e @ codebook.T).argmin(1)


@wrong("the smallest inner product is taken")
def nearest_by_smallest_product(z_e, codebook):
    return (z_e @ codebook.T).argmin(1)


@wrong("the product has the wrong sign")
def nearest_wrong_sign(z_e, codebook):
    return (codebook.square().sum(1) + 2 * z_e @ codebook.T).argmin(1)


@wrong("the factor 2 is missing")
def nearest_without_two(z_e, codebook):
    return (codebook.square().sum(1) - z_e @ codebook.T).argmin(1)


@wrong("the most distant code is taken")
def nearest_argmax(z_e, codebook):
    return torch.cdist(z_e, codebook).argmax(1)


@wrong("the minimum is taken over the wrong axis")
def nearest_wrong_axis(z_e, codebook):
    return torch.cdist(z_e, codebook).argmin(0)


@wrong("is the argmin taken over everything")
def nearest_without_axis(z_e, codebook):
    return torch.cdist(z_e, codebook).argmin()


@wrong("the cosine similarity is taken")
def nearest_by_cosine(z_e, codebook):
    return (functional.normalize(z_e) @ functional.normalize(codebook).T).argmax(1)


@wrong("the cosine similarity is taken")
def nearest_normalised(z_e, codebook):
    return torch.cdist(functional.normalize(z_e), functional.normalize(codebook)).argmin(1)


@wrong("|e| stands for |e|^2")
def nearest_with_root(z_e, codebook):
    return (codebook.norm(dim=1) - 2 * z_e @ codebook.T).argmin(1)


@wrong("|e|^2 is a mean over the dimensions")
def nearest_with_mean(z_e, codebook):
    return (codebook.square().mean(1) - 2 * z_e @ codebook.T).argmin(1)


@wrong("|e|^2 has the wrong sign")
def nearest_minus_norm(z_e, codebook):
    return (-codebook.square().sum(1) - 2 * z_e @ codebook.T).argmin(1)


@wrong("without being squared")
def nearest_without_square(z_e, codebook):
    return (codebook.sum(1) - 2 * z_e @ codebook.T).argmin(1)


@wrong("absolute differences are summed")
def nearest_city_block(z_e, codebook):
    return torch.cdist(z_e, codebook, p=1).argmin(1)


@wrong("one-hot vectors came")
def nearest_one_hot(z_e, codebook):
    return functional.one_hot(nearest_plain(z_e, codebook), len(codebook))


@wrong("vectors came, the numbers of the codes are wanted")
def nearest_vectors(z_e, codebook):
    return codebook[nearest_plain(z_e, codebook)]


@wrong("a value for each code came")
def nearest_distances(z_e, codebook):
    return torch.cdist(z_e, codebook)


@wrong("distances came")
def nearest_smallest_distance(z_e, codebook):
    return torch.cdist(z_e, codebook).amin(1)


@wrong("torch.min returns values and indices")
def nearest_min(z_e, codebook):
    return torch.cdist(z_e, codebook).min(1)


@wrong("integers are wanted")
def nearest_floats(z_e, codebook):
    return nearest_plain(z_e, codebook).float()


@wrong("an axis too many")
def nearest_keepdim(z_e, codebook):
    return torch.cdist(z_e, codebook).argmin(1, keepdim=True)


@wrong("the shape is ()")
def nearest_squeezed(z_e, codebook):
    return torch.cdist(z_e, codebook).topk(1, largest=False).indices.squeeze()


@wrong("they should count from 0")
def nearest_from_one(z_e, codebook):
    return nearest_plain(z_e, codebook) + 1


@right
def nearest_in_parts(z_e, codebook):
    """The first form, for a few vectors at a time."""
    parts = [(part[:, None] - codebook).square().sum(-1).argmin(1) for part in z_e.split(10)]
    return torch.cat(parts).int()


@right
def nearest_as_a_list(z_e, codebook):
    return [int((codebook - z).norm(dim=1).argmin()) for z in z_e]


@right
def nearest_by_scipy(z_e, codebook):
    return torch.from_numpy(cdist(z_e.numpy(), codebook.numpy(), "sqeuclidean")).argsort(1)[:, 0]


@right
def nearest_by_distribution(z_e, codebook):
    """The code under which the vector is most probable."""
    log_p = z_e.double() @ codebook.double().T - codebook.double().square().sum(1) / 2
    return torch.distributions.Categorical(logits=log_p).mode


@right
def nearest_by_tree(z_e, codebook):
    return KDTree(codebook.numpy()).query(z_e.numpy())[1]


@wrong("a tensor of N x K x D is made")
def nearest_by_broadcast(z_e, codebook):
    return (z_e[:, None] - codebook[None]).pow(2).mean(-1).min(1).indices.int()


@wrong("a tensor of N x K x D is made")
def nearest_broadcast_in_numpy(z_e, codebook):
    difference = z_e.numpy()[:, None] - codebook.numpy()
    return np.linalg.norm(difference, axis=-1).argmin(1)


@wrong("a tensor of N x K x D is made")
def nearest_by_vmap(z_e, codebook):
    return torch.vmap(lambda z: (codebook - z).square().sum(1).argmin())(z_e)


@wrong("a tensor of N x K x D is made")
def nearest_by_pairwise_distance(z_e, codebook):
    return functional.pairwise_distance(z_e[:, None], codebook).argmin(1)


@wrong("a tensor of N x K x D is made")
def nearest_by_repetition(z_e, codebook):
    rows = z_e.repeat_interleave(len(codebook), 0) - codebook.repeat(len(z_e), 1)
    return rows.square().sum(1).view(len(z_e), -1).argmin(1)


@wrong("is something rounded, clamped or in half precision?")
def nearest_in_half_precision(z_e, codebook):
    z_e, codebook = z_e.half(), codebook.half()
    return (codebook.square().sum(1) - 2 * z_e @ codebook.T).argmin(1)


@wrong("is something rounded, clamped or in half precision?")
def nearest_rounded(z_e, codebook):
    """Distances are compared to two decimals."""
    return (torch.cdist(z_e, codebook).square() * 100).round().argmin(1)


@wrong("get a code that is not the nearest")
def nearest_in_a_byte(z_e, codebook):
    return nearest_plain(z_e, codebook).to(torch.uint8)


@wrong("get a code that is not the nearest")
def nearest_of_the_first_codes(z_e, codebook):
    return nearest_plain(z_e, codebook[:256])


@wrong("get a code that is not the nearest")
def nearest_but_itself(z_e, codebook):
    """A code at distance 0 is passed over, as a vector's nearest neighbour would be."""
    distance = torch.cdist(z_e.double(), codebook.double())
    return torch.where(distance > 1e-6, distance, torch.inf).argmin(1)


@wrong("a tuple of 3 came")
def nearest_with_more(z_e, codebook):
    distance = torch.cdist(z_e, codebook)
    return distance.argmin(1), distance, codebook


# An index is a number of a code: nothing flows.
GRADIENTS = {}
