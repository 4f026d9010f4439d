"""What ends a build of the site."""


class SiteError(Exception):
    """The site could not be built; the message says what to do."""
