"""Models whose evidence log p(x) is known exactly: ``exact.LinearGaussianVAE`` and so on.

What an estimate or a bound says can be held against the truth here: a linear-Gaussian VAE, the
four 2-D Gaussians of lesson 01, and a discrete VAE small enough to enumerate.
"""

from course_utils.exact.enumerable import DiscreteVAE, all_codes
from course_utils.exact.linear_gaussian import LinearGaussianVAE
from course_utils.exact.plane import GAUSSIANS_2D, Gaussian2D, gaussian_2d
from course_utils.exact.principal import PrincipalComponents

__all__ = [
    "GAUSSIANS_2D",
    "DiscreteVAE",
    "Gaussian2D",
    "LinearGaussianVAE",
    "PrincipalComponents",
    "all_codes",
    "gaussian_2d",
]
