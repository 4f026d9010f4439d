"""Wrong and right answers to the exercises, which prove the checks. One file a lesson.

``WRONG``: (check's name, answer, phrase of the message that must name the mistake).
``RIGHT``: (check's name, answer), written differently from each other.
"""


def registry():
    """Two empty lists, and the decorators ``wrong(name, phrase)`` and ``right(name)``."""
    wrong_answers, right_answers = [], []

    def wrong(name, phrase):
        return lambda answer: wrong_answers.append((name, answer, phrase)) or answer

    def right(name):
        return lambda answer: right_answers.append((name, answer)) or answer

    return wrong_answers, right_answers, wrong, right
