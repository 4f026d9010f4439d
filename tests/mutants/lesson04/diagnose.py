"""Answers to exercise 4.4, ``diagnose``: wrong and right ones."""

import numpy as np
import torch

from mutants import registry

WRONG, RIGHT, wrong, right = registry()
GRADIENTS = {}  # numbers of a table


@right
def bugs_tensor():
    return torch.tensor([3, 5, 6, 1, 8, 9])


@right
def bugs_tuple():
    return 3, 5, 6, 1, 8, 9


@right
def bugs_list():
    found = {"a": 3, "f": 9, "b": 5, "e": 8, "c": 6, "d": 1}
    return [found[letter] for letter in "abcdef"]


@right
def bugs_numpy_style():
    return np.array([3, 5, 6, 1, 8, 9], dtype=np.uint8)


@right
def bugs_of_tensors():
    return tuple(torch.tensor(number) for number in (3, 5, 6, 1, 8, 9))


@wrong("of the six, only five are named rightly yet")
def bugs_one_wrong():
    return 3, 5, 6, 1, 7, 9


@wrong("of the six, only four are named rightly yet")
def bugs_swapped():
    return 3, 9, 6, 1, 8, 5


@wrong("of the six, only three are named rightly yet")
def bugs_three_wrong():
    return torch.tensor([6, 5, 3, 2, 8, 9])


@wrong("3 came more than once: the six differ")
def bugs_all_the_same():
    return [3] * 6


@wrong("of the six, none is named rightly yet")
def bugs_shifted():
    return 9, 3, 5, 6, 1, 8


@wrong("counted from 0: the list begins at 1")
def bugs_from_zero():
    return 2, 4, 5, 0, 7, 8


@wrong("every number is one too large")
def bugs_one_too_large():
    return 4, 6, 7, 2, 9, 10


@wrong("numbers from 1 to 9 are wanted, as in the list; 0, 10 came")
def bugs_out_of_range():
    return 3, 10, 6, 0, 8, 10


@wrong("5 numbers came: six are wanted")
def bugs_five():
    return 3, 5, 6, 1, 8


@wrong("1 number came: six are wanted")
def bugs_one_number():
    return 356189


@wrong("the numbers are of type float32: integers are wanted")
def bugs_floats():
    return torch.tensor([3.0, 5.0, 6.0, 1.0, 8.0, 9.0])


@wrong("the numbers are of type bool: integers are wanted")
def bugs_yes_or_no():
    return True, True, True, True, True, True


@wrong("one number for each loss is wanted, without further axes")
def bugs_column():
    return torch.tensor([[3], [5], [6], [1], [8], [9]])


@wrong("return a tuple, not a dict")
def bugs_dict():
    return {"a": 3, "b": 5, "c": 6, "d": 1, "e": 8, "f": 9}


@wrong("your function returned an object of type str")
def bugs_in_words():
    return "the KL's sign is wrong", "the KL is left out", "", "", "", ""


@wrong("nothing (None): is the return missing?")
def bugs_printed():
    pass


@right
def bugs_from_digits():
    return [int(digit) for digit in "356189"]


@right
def bugs_by_position():
    """Where each loss stands in the list."""
    order = np.array(["d", "", "a", "", "b", "c", "", "e", "f"])
    return [np.flatnonzero(order == letter)[0] + 1 for letter in "abcdef"]


@wrong("the numbers of six mistakes in the table are wanted, as in return 1, 2, 3, 4, 5, 6")
def bugs_of_letters():
    return "a", "b", "c", "d", "e", "f"


@wrong("the numbers of six mistakes in the table are wanted, as in return 1, 2, 3, 4, 5, 6")
def bugs_one_text():
    return "3, 5, 6, 1, 8, 9"


@wrong("an object of type tuple; the numbers of six mistakes in the table are wanted")
def bugs_in_two_halves():
    return (3, 5, 6), (1, 8, 9)


@wrong("an object of type set; the numbers of six mistakes in the table are wanted")
def bugs_in_a_set():
    return {3, 5, 6, 1, 8, 9}


@wrong("an object of type map; the numbers of six mistakes in the table are wanted")
def bugs_in_a_map():
    return map(int, "356189")


@wrong("of the six, none is named rightly yet")
def bugs_backwards():
    return 9, 8, 1, 6, 5, 3


@wrong("7 numbers came: six are wanted")
def bugs_seven():
    return 3, 5, 6, 1, 8, 9, 7


@wrong("0 numbers came: six are wanted")
def bugs_no_numbers():
    return ()


@wrong("without further axes")
def bugs_one_hot():
    return torch.eye(9)[[2, 4, 5, 0, 7, 8]].long()
