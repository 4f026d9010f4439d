"""What stands in for ``self``, or for a function, where :mod:`homework.trial` calls a method."""

import inspect
import re


class Self:
    """A stand-in for ``self``: called, or as any attribute that is called, it gives ``value``."""

    def __init__(self, value, attributes=()):
        self._value, self._given, self._left = value, {}, list(attributes)

    def __call__(self, *arguments, **named):
        return self._value

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        if self._left:
            return self._given.setdefault(name, self._left.pop(0))
        return self._given.get(name, self)


# label -> from the arguments: (self, the other arguments)
STAND_INS = {
    "a self that gives the first argument": lambda a: (Self(a[0]), a[1:]),
    "a self that gives the last argument": lambda a: (Self(a[-1]), a[:-1]),
    "a self that gives all but the first": lambda a: (Self(a[1:]), a[:1]),
    "a self that gives all": lambda a: (Self(a), ()),
    "a self whose attributes are the arguments": lambda a: (Self(a[0], a), ()),
    "a self whose attributes are all but the first": lambda a: (Self(a[0], a[1:]), a[:1]),
    "a self whose attributes are all but the last": lambda a: (Self(a[0], a[:-1]), a[-1:]),
    "a self that gives epsilon and its slope": lambda a: (Self(_standard(*a)), a[:1]),
}


def _standard(x, mu, log_var):
    """The standard normal variable of x, and log of its slope."""
    return (x - mu) * (-log_var / 2).exp(), -log_var.sum(-1) / 2


def by_shape(arguments):
    """For a function that is called: it gives the first argument, told by its sizes."""
    first = arguments[0]
    return Self(first), (first.T, len(first))


def calls_its_first(function):
    """True for a function that calls its first parameter."""
    names = parameters(function)
    code = getattr(inspect.unwrap(function), "__code__", None)
    return bool(names and code) and bool(
        re.search(rf"\b{re.escape(names[0])}\(|\({re.escape(names[0])},", inspect.getsource(code))
    )


def with_self(method, stand_in, *arguments):
    this, rest = stand_in(arguments)
    return method(this, *rest)


def parameters(function):
    """Names of a function's parameters."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []
