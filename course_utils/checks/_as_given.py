"""Does a result come in the form of its arguments: a tensor, and of their type?"""

from course_utils.checks._compare import show
from course_utils.checks._contract import call
from course_utils.checks._remote import CheckFailed


def verify_as_given(answer, *arrays, seed=0, wanted=None):
    """Raise unless the answer's result is a tensor of the type of its first argument.

    A network of float32 takes nothing else. To be called last: a wrong value is named first.

    Args:
        wanted: the type, where it is not that of the first argument.
    """
    wanted = arrays[0].dtype if wanted is None else wanted
    received = call(answer, *arrays, seed=seed, tensors=True)
    if received.dtype != wanted:
        raise CheckFailed(
            f"the values are right, but of type {received.dtype}: {wanted} is wanted, since the "
            f"network takes nothing else. .to(torch.{wanted}) makes it so",
            expected=f"a tensor of type {wanted}",
            received=show(received, dtype=True),
        )
