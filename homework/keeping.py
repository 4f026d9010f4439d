"""Files for the instructor, written so that nothing somebody typed into one is lost."""

from course_utils.files import write_all


def write(files, holds, error, force=False):
    """Write files, all of them or none; one that is there and differs stays, unless ``force``.

    Args:
        files: path -> its bytes.
        holds: what somebody may have put into such a file, in words: "your notes".
        error: class of what is raised.

    Raises:
        error: a file that differs is there, or the disk refuses one; the message names it.
    """
    try:
        differ = [path for path in files if path.exists() and path.read_bytes() != files[path]]
        if force or not differ:
            return write_all(files)
    except OSError as refused:
        told = f"{refused.filename}: could not be written ({refused.strerror or refused})"
        raise error(told) from refused
    raise error(
        f"{differ[0]}: it differs and may hold {holds}, so it stays, and nothing was written; "
        "choose another place by --to, or replace it by --force"
    )
