"""Answers to exercise 4x.3, ``rate_weight``: wrong and right ones."""

import math

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # a number of the schedule: nothing flows


@right
def weight_by_remainder(share, ramp, cycles=1):
    return min(1.0, share * cycles % 1 / ramp)


@right
def weight_by_modf(share, ramp, cycles=1):
    place, _ = math.modf(share * cycles)
    return 1.0 if place >= ramp else place / ramp


@right
def weight_by_floor(share, ramp, cycles=1):
    place = share * cycles - math.floor(share * cycles)
    return np.clip(place / ramp, 0, 1)


@right
def weight_by_length(share, ramp, cycles=1):
    length = 1 / cycles
    cycle = int(share * cycles)
    return min((share - cycle * length) / (ramp * length), 1)


@right
def weight_by_interp(share, ramp, cycles=1):
    return np.interp(math.fmod(share * cycles, 1), [0, ramp], [0, 1])


@right
def weight_by_torch(share, ramp, cycles=1):
    return torch.tensor(share * cycles % 1 / ramp, dtype=torch.float64).clamp(max=1)


@wrong("the weight goes on above 1")
def weight_unclamped(share, ramp, cycles=1):
    return share * cycles % 1 / ramp


@wrong("the division by ramp is missing")
def weight_without_ramp(share, ramp, cycles=1):
    return min(1.0, share * cycles % 1)


@wrong("it is multiplied by ramp")
def weight_times_ramp(share, ramp, cycles=1):
    return min(1.0, share * cycles % 1 * ramp)


@wrong("max stands for min")
def weight_by_max(share, ramp, cycles=1):
    return max(1.0, share * cycles % 1 / ramp)


@wrong("the weight falls from 1 to 0")
def weight_falling(share, ramp, cycles=1):
    return 1 - weight_by_remainder(share, ramp, cycles)


@wrong("the weight jumps from 0 to 1")
def weight_jumping(share, ramp, cycles=1):
    return float(share * cycles % 1 >= ramp)


@wrong("after the ramp the weight falls to 0")
def weight_of_the_ramp_alone(share, ramp, cycles=1):
    place = share * cycles % 1
    return place / ramp if place < ramp else 0.0


@wrong("it is a straight line")
def weight_squared(share, ramp, cycles=1):
    return weight_by_remainder(share, ramp, cycles) ** 2


@wrong("it is a straight line")
def weight_by_cosine(share, ramp, cycles=1):
    return (1 - math.cos(math.pi * weight_by_remainder(share, ramp, cycles))) / 2


@wrong("it is a straight line")
def weight_by_sigmoid(share, ramp, cycles=1):
    return 1 / (1 + math.exp(-10 * (share * cycles % 1 / ramp - 0.5)))


@wrong("cycles is not used")
def weight_of_one_cycle(share, ramp, cycles=1):
    return min(1.0, share / ramp)


@wrong("does not fall back to 0")
def weight_that_never_falls_back(share, ramp, cycles=1):
    return min(1.0, share * cycles / ramp)


@wrong("it is one of each cycle")
def weight_of_a_ramp_of_the_whole(share, ramp, cycles=1):
    return min(1.0, share % (1 / cycles) / ramp)


@wrong("share is divided by cycles")
def weight_of_a_divided_share(share, ramp, cycles=1):
    return min(1.0, share / cycles / ramp)


@wrong("rises in a straight line from 0 to 1")
def weight_from_a_tenth(share, ramp, cycles=1):
    return 0.1 + 0.9 * weight_by_remainder(share, ramp, cycles)


@wrong("the shape is (1,)")
def weight_in_a_list(share, ramp, cycles=1):
    return np.array([weight_by_remainder(share, ramp, cycles)])


@wrong("rises again after the ramp")
def weight_that_rises_again(share, ramp, cycles=1):
    return share * cycles / ramp % 1


@wrong("rises again after the ramp")
def weight_by_the_rest_of_the_ramp(share, ramp, cycles=1):
    return share * cycles % 1 % ramp / ramp


@wrong("ramp is not used")
def weight_of_half_a_cycle(share, ramp, cycles=1):
    return min(1.0, share * cycles % 1 / 0.5)


@wrong("1 - ramp stands for ramp")
def weight_of_the_rest(share, ramp, cycles=1):
    return min(1.0, share * cycles % 1 / (1 - ramp)) if ramp < 1 else 1.0


@wrong("the weight jumps from 0 to 1")
def weight_in_whole_numbers(share, ramp, cycles=1):
    return min(1.0, share * cycles % 1 // ramp)


@wrong("the weight stops at ramp")
def weight_up_to_ramp(share, ramp, cycles=1):
    return min(ramp, share * cycles % 1 / ramp)


@wrong("ramp is divided by cycles")
def weight_of_a_divided_ramp(share, ramp, cycles=1):
    return min(1.0, share * cycles % 1 / (ramp / cycles))


@wrong("without cycles: ")
def weight_without_a_default(share, ramp, cycles):
    return weight_by_remainder(share, ramp, cycles)


@wrong("cycles is 1 where it is not given")
def weight_of_four_cycles_by_default(share, ramp, cycles=4):
    return weight_by_remainder(share, ramp, cycles)
