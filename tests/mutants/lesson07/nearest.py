"""Answers to exercise 7.1, ``nearest``: wrong and right ones."""

import numpy as np
import torch
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
def nearest_by_broadcast(z_e, codebook):
    return (z_e[:, None] - codebook[None]).pow(2).mean(-1).min(1).indices.int()


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
