"""Enter what was typed, write scores and pages anew, and fill the gradebooks of other systems."""

from homework import canvas, clean, entering, groups, lessons, moodle, submissions
from homework.gradebook import Gradebook


def read(asked):
    """The gradebooks that the options name, read before anything else is done.

    Raises:
        TableError: one of them cannot be used.
    """
    found = []
    if asked.moodle:
        found.append(moodle.Worksheet(asked.moodle, asked.lesson, asked.scale, asked.comments))
    if asked.canvas:
        found.append(canvas.Gradebook(asked.canvas, asked.lesson, asked.scale, asked.assignment))
    for one in found:
        one.target(asked.out)
    return found


def run(asked):
    """The command ``marks``; returns its exit status.

    Raises:
        SubmissionsError: there is no grading, it is a part of a class, or something that was typed
            cannot be understood; then nothing is written.
    """
    exports = read(asked)
    book = Gradebook.read(asked.out)
    if book.is_part:
        raise submissions.SubmissionsError(
            f"{asked.out}: it holds a part of a class; merge the parts, then enter marks"
        )
    known = {lesson.number: lesson for lesson in lessons.all_lessons()}
    fine = publish(book, known, exports)
    clean.say(f"{len(book.graded)} graded: {asked.out}/scores.csv, summary.html, feedback/")
    return 0 if fine else 1


def publish(book, known, exports=()):
    """Write what comes of a grading and of what was typed; True if nobody is left out of exports.

    All is worked out before the first file is written.

    Raises:
        SubmissionsError: something that was typed cannot be understood, or a file not be written.
    """
    for export in exports:
        export.choose(book, known)
        if isinstance(export, moodle.Worksheet):
            _take_times(book, export)
    entered = entering.enter(book, known)
    for export in exports:
        export.fill(entered, known)
    try:
        if exports:
            book.save()
        lost = book.publish(entered, known)
        return all([export.save(book.folder) for export in exports]) and not lost
    except OSError as error:  # a full disk, or a file that a spreadsheet holds
        raise submissions.SubmissionsError(
            f"{book.folder}: {error.filename or 'a file'} cannot be written ({error.strerror}); "
            "each file is the old one or the new one as a whole, and nothing typed is lost: mend "
            "that, and call it again"
        ) from error


def _take_times(book, worksheet):
    """Keep when students handed in, as the worksheet says; of others what was there stays."""
    if worksheet.submissions is None:
        told = "no column of times of submissions was found, so none is taken from it"
        clean.say(f"{worksheet.path}: {told}", error=True)
        return
    sent = {one["student"]: one["sent"] for one in book.graded.values() if "sent" in one}
    students = {one["student"] for one in book.graded.values() if one["lesson"] == worksheet.lesson}
    every = {one["student"] for one in (*book.graded.values(), *book.unreadable)}
    shared = groups.read(book.folder, sorted(every))
    of = {one: group for group in shared for one in (*group.own, *group.members)}
    members = {one for who in students if who in of for one in of[who].members}
    own = {who for group in shared for who in group.own}
    found, _ = worksheet.match(sorted(students - own | members), sent)
    moments, unread = worksheet.submitted()
    by_row = {id(person.row): moment for person, moment in moments}
    clock = {who: by_row[id(one.row)] for who, one in found.items() if id(one.row) in by_row}
    new = {}
    for student in students:
        # Moodle writes a group's time into the row of each member.
        name = sent.get(student, {}).get("name", student)
        rows = [by_row.get(id(person.row)) for person in worksheet.of_group(name)]
        theirs = [clock.get(one) for one in of[student].members] if student in of else []
        moment = clock.get(student) or max((one for one in theirs + rows if one), default=None)
        new |= {student: moment.isoformat(timespec="seconds")} if moment else {}
    book.times[worksheet.lesson] = book.times.get(worksheet.lesson, {}) | new
    if unread:
        clean.say(f"{worksheet.path}: {unread} times of submissions cannot be read", error=True)
