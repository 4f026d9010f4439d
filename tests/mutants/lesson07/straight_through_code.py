"""Answers to exercise 7.3, ``straight_through_code``: wrong and right ones."""

import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()


@right
def pass_plain(z_e, e):
    return z_e + (e - z_e).detach()


@right
def pass_by_zero(z_e, e):
    return e.detach() + (z_e - z_e.detach())


@right
def pass_without_grad(z_e, e):
    with torch.no_grad():
        difference = torch.sub(e, z_e)
    return (difference.double() + z_e).float()


@right
def pass_by_data(z_e, e):
    return z_e - (z_e.data - e.data)


class _Pass(torch.autograd.Function):
    @staticmethod
    def forward(context, z_e, e):
        return e.clone()

    @staticmethod
    def backward(context, slope):
        return slope, torch.zeros_like(slope)


right(_Pass.apply)


@wrong("no gradient reaches z_e")
def pass_detached(z_e, e):
    return (z_e + (e - z_e)).detach()


@wrong("no gradient reaches z_e")
def pass_constant(z_e, e):
    return e.detach()


@wrong("the gradient goes to e, it should go to z_e")
def pass_code(z_e, e):
    return e


@wrong("the gradient goes to e, it should go to z_e")
def pass_nothing_detached(z_e, e):
    return z_e + (e - z_e)


@wrong("the gradient goes to e, it should go to z_e")
def pass_wrong_z_detached(z_e, e):
    return z_e.detach() + e - z_e.detach()


@wrong("the gradient goes to e, it should go to z_e")
def pass_other_side_detached(z_e, e):
    return e + (z_e - z_e.data).detach()


@wrong("no gradient reaches z_e")
def pass_code_alone_detached(z_e, e):
    return z_e + (e.detach() - z_e)


@wrong("a gradient reaches e as well")
def pass_to_both(z_e, e):
    return z_e + e - z_e.detach()


@wrong("z_e came back")
def pass_vectors(z_e, e):
    return z_e


@wrong("z_e came back")
def pass_exchanged(z_e, e):
    return e + (z_e - e).detach()


@wrong("the two are added")
def pass_added(z_e, e):
    return z_e + e.detach()


@wrong("the difference came: z_e has to be added")
def pass_difference(z_e, e):
    return (e - z_e).detach()


@wrong("the signs are wrong")
def pass_wrong_order(z_e, e):
    return z_e + (z_e - e).detach()


@wrong("the mean of the two came")
def pass_halves(z_e, e):
    return 0.5 * (z_e + e.detach())


@wrong("z_e is counted twice")
def pass_twice(z_e, e):
    return e.detach() + 2 * (z_e - z_e.detach())


@wrong("every value is 0.25 times the right one")
def pass_scaled(z_e, e):
    return e.detach() + 0.25 * (z_e - z_e.detach())


@wrong("it has the wrong sign")
def pass_wrong_sign(z_e, e):
    return e.detach() - (z_e - z_e.detach())


@wrong("passes e / z_e of it")
def pass_product(z_e, e):
    return z_e * (e / z_e).detach()


@right
def pass_by_loop(z_e, e):
    """Entry by entry; in float64 on the way."""
    flat = [a.double() + (b - a).item() for a, b in zip(z_e.flatten(), e.flatten(), strict=True)]
    return torch.stack(flat).view(z_e.shape).to(z_e.dtype)


@wrong("the result is of float64, z_e is of float32")
def pass_in_float64(z_e, e):
    return z_e.double() + (e - z_e).detach()


@right
def pass_by_hook(z_e, e):
    """The value of e; a hook sends the gradient to z_e."""
    found = e.detach().clone().requires_grad_()
    if z_e.requires_grad:
        return found + (z_e - z_e.detach()).to(found.dtype)
    return found


@right
def pass_by_where(z_e, e):
    return (
        torch.where(torch.ones_like(e, dtype=torch.bool), e.detach(), e.detach()) + z_e - z_e.data
    )


@wrong("no gradient reaches z_e")
def pass_in_numpy(z_e, e):
    return torch.from_numpy(e.detach().numpy().copy())


@wrong("every value is")
def pass_a_little(z_e, e):
    return e.detach() + 0.98 * (z_e - z_e.detach())


@wrong("the gradient with respect to z_e is not")
def pass_where_near(z_e, e):
    """As for binary codes: nothing passes far from the code."""
    near = (z_e - e).abs() < 0.9
    return e.detach() + near * (z_e - z_e.detach())


@wrong("the gradient with respect to z_e is not")
def pass_where_small(z_e, e):
    clipped = z_e.clamp(-100, 100)
    return e.detach() + (clipped - clipped.detach())


class _CutOff(torch.autograd.Function):
    @staticmethod
    def forward(context, z_e, e):
        return e.clone()

    @staticmethod
    def backward(context, slope):
        return slope.clamp(-1, 1), None


@wrong("it is cut off at 1")
def pass_cut_off(z_e, e):
    return _CutOff.apply(z_e, e)


@wrong("a gradient reaches e as well")
def pass_a_tenth_to_e(z_e, e):
    return z_e + (e - z_e).detach() + 0.1 * (e - e.detach())


@wrong("NaN")
def pass_by_ratio(z_e, e):
    return torch.where(z_e.abs() < 1e3, z_e, z_e) + (z_e * (e / z_e) - z_e).detach()


@wrong("squeeze() takes away every one")
def pass_squeezed(z_e, e):
    return (z_e + (e - z_e).detach()).squeeze()


@wrong("near the right values")
def pass_rounded(z_e, e):
    return z_e + ((e - z_e) * 1000).round().detach() / 1000


@wrong("one array is expected")
def pass_both(z_e, e):
    return z_e + (e - z_e).detach(), e


@wrong("the gradient with respect to z_e is not")
def pass_the_mean(z_e, e):
    mean = z_e.mean()
    return e.detach() + (mean - mean.detach())


GRADIENTS = {0: (0,)}
