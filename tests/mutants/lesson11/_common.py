"""What several answers of lesson 11 share."""

from torch.distributions import Normal

from course_utils import losses

log_prob, kl = losses.gaussian_log_prob, losses.gaussian_kl


def normal(mu, log_var):
    return Normal(mu, (0.5 * log_var).exp())
