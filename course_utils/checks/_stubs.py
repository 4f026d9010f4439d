"""Is an answer not written yet, or has a library refused what it was asked?"""

import dis

RAISES = {dis.opmap["RAISE_VARARGS"], dis.opmap["RERAISE"]}
LIBRARIES = ("site-packages", "dist-packages")


def not_written(error, title):
    """What to say of a NotImplementedError that a ``raise`` of the reader's own code made, else "".

    torch raises the same error where an operation has no code for a dtype.
    """
    if not isinstance(error, NotImplementedError):
        return ""
    last = error.__traceback__
    while last.tb_next is not None:
        last = last.tb_next
    code = last.tb_frame.f_code
    # What is written in C has no frame: there the last step is a call, no raise.
    is_a_raise = code.co_code[last.tb_lasti] in RAISES
    if not is_a_raise or any(name in code.co_filename for name in LIBRARIES):
        return ""
    return f"not written yet: {str(error) or f'{title} raises NotImplementedError'}"
