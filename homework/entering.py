"""What counts, of all that was graded: marks by hand, groups, lateness and the best file entered.

Nothing is graded here. From ``grades.json`` and what people wrote into the folder comes a list of
entries that scores, pages, summary and exports are made of.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from homework import attempts, clean, groups, late, marks, submissions, tables, times, totals

UNKNOWN = "when it was handed in is not known"
CLOCK = timedelta(seconds=submissions.CLOCK)


@dataclass
class Entered:
    """What counts.

    Attributes:
        graded: an entry a student and lesson, as ``grades.json`` has them, with what was entered:
            outcomes with ``changed`` (``from``, ``reason``), words with ``points``, and
            ``penalty``, ``late`` and ``comment`` where there are any; ``own``: of the student's
            own files, also those that do not count, what their paths told.
        unreadable: the files that are not graded. sheets: of marks, to be saved. told: lines.
        sent: student -> what the path told of who sent it, of all students. members: name under
            which a group handed in -> its members.
    """

    graded: list
    unreadable: list
    sheets: list
    told: list
    sent: dict
    members: dict = field(default_factory=dict)

    def save(self):
        """Write the sheets of marks that have new lines, and say what there is to say."""
        for sheet in self.sheets:
            sheet.save()
        clean.say_all(self.told)


def enter(book, known):
    """The :class:`Entered` of a gradebook; nothing is written.

    Raises:
        TableError: something that was typed cannot be understood.
    """
    unreadable = [submissions.Submission(modified=0.0, **one) for one in book.unreadable]
    every = [book.graded[key] for key in sorted(book.graded)]
    sent = {one.student: one.sent for one in unreadable if one.sent}
    sent |= {one["student"]: one["sent"] for one in every if "sent" in one}
    entered = Entered([], unreadable, [], [], sent)
    if book.is_part:  # marks are entered where all of the class is
        entered.graded = [one for one in every if not one.get("earlier")]
        return entered
    everybody = sorted({one["student"] for one in every} | {one.student for one in unreadable})
    shared, rules = groups.read(book.folder, everybody), late.read(book.folder, known)
    entered.members = {name: group.members for group in shared for name in group.own}
    for number in sorted({one["lesson"] for one in every}):
        if number not in known:
            raise tables.TableError(f"{book.folder}: there is no lesson {number} here")
        lesson, rule = known[number], rules[number]
        people = _people([one for one in every if one["lesson"] == number], shared)
        here = {member: group for group in shared for member in group.members if member in people}
        others = [name for group in here.values() for name in (group.name, *group.own)]
        sheet = marks.Sheet(book.folder, lesson, people, rule.due is not None, others)
        entered.sheets.append(sheet)
        clock = book.times.get(number, {})
        for student, handed_in in people.items():
            group = here.get(student)
            ones = [_marked(student, one, sheet, rule, clock, group) for one in handed_in]
            chosen = _counting(student, ones, book.best, entered.told, group)
            theirs = [one["sent"] for one in ones if one["by"] == student and "sent" in one]
            entered.graded.append(chosen | {"own": theirs})
        entered.told += _of_groups(number, people, here.values(), entered.graded)
    entered.told += [
        f"{book.folder / groups.FILE}, line {group.line}: neither {group.name} nor a member of it "
        "has handed anything in; names stand there as in scores.csv"
        for group in shared
        if not group.own and not set(group.members) & set(everybody)
    ]
    entered.graded.sort(key=lambda one: (one["student"], one["lesson"]))
    return entered


def _people(graded, shared):
    """Student -> what was handed in for the student, of one lesson: also by others of the group."""
    by_name = defaultdict(list)
    for one in graded:
        by_name[one["student"]].append(one)
    people = {}
    for group in shared:
        theirs = [one for who in (*group.own, *group.members) for one in by_name.pop(who, [])]
        people |= dict.fromkeys(group.members, theirs) if theirs else {}
    return dict(sorted((people | by_name).items()))


def _marked(student, one, sheet, rule, clock, group):
    """An entry of a student, who may be in a group, with what was entered for it."""
    mark, typed = _typed(student, one["student"], sheet.marks, group)
    entry = one | {"student": student, "by": one["student"], "notes": list(one["notes"])}
    entry["outcomes"] = _outcomes(one, mark, sheet.lesson)
    entry["words"] = [
        words | ({"points": mark.words[words["id"]]} if words["id"] in mark.words else {})
        for words in one["words"]
    ]
    if mark.comment:
        entry["comment"] = mark.comment
    sent = one.get("sent", {})
    told = typed or times.kept(clock.get(one["student"], ""))
    moment = told or times.kept(sent.get("submitted", ""))
    entry["moment"] = moment
    if typed and typed > datetime.now():
        entry["doubt"] = f"{marks.SUBMITTED} {times.shown(typed)} is still to come; is it right?"
    until, days = rule.until(mark.extension), rule.days(moment, mark.extension)
    where = f"type it into the column {marks.SUBMITTED} of {sheet.path.name}"
    if sent.get("system") == "moodle":
        where = f"give Moodle's worksheet (--moodle), or {where}"
    if days and not told:  # a copy has the time of copying, Moodle's zip that of the download
        entry["asks"] = f"its file is of {times.shown(moment)}, late, but a copy may be later; "
        entry["asks"] += where
    elif days:
        points = totals.total(entry), totals.of(entry, sheet.lesson)
        entry["penalty"] = rule.penalty(days, *points)
        entry["late"] = f"{days} {'day' if days == 1 else 'days'} late: handed in "
        entry["late"] += f"{times.shown(moment)}, due {times.shown(until)}"
    elif sent.get("late") and moment is None:
        entry["late"] = "late, as Canvas says"
    if until and moment is None and (sent.get("late") or sent.get("system") != "canvas"):
        entry["asks"] = f"{UNKNOWN}; {where}"
    return entry


def _typed(student, sender, lines, group):
    """(mark of a student, when a file of this sender was handed in), by the lines of marks.

    What a line leaves empty stands on that of who handed in, or on the group's own. A file that
    came under the group's name is of all its members: points on one of their lines are too.
    """
    none = marks.Mark()
    own, theirs = lines.get(student, none), lines.get(sender, none)
    if group is None:
        return own.over(none), own.submitted
    whole = [lines.get(name, none) for name in dict.fromkeys((group.name, *group.own))]
    mark = own.over(theirs)
    for line in whole:
        mark = mark.over(line)
    # Of this file, so never what was typed for another one of the group's.
    clocks = [theirs.submitted, *(line.submitted for line in whole)]
    if sender in group.own:
        members = [lines.get(member, none) for member in group.members]
        mark = mark.over(marks.agreed(members))
        latest = max((line.submitted for line in members if line.submitted), default=None)
        clocks = [own.submitted, *clocks, latest]
    return mark, next((moment for moment in clocks if moment), None)


def _outcomes(one, mark, lesson):
    """The outcomes with other points where somebody gave them, also of what is not graded."""
    outcomes = {outcome["id"]: outcome for outcome in one["outcomes"]}
    for exercise in lesson.exercises:
        if exercise.id in mark.overrides:
            blank = dict.fromkeys(attempts.TEXTS, "") | {"id": exercise.id, "of": exercise.points}
            blank |= {"points": 0, "verdict": attempts.NOT_GRADED, "printed": 0}
            old = outcomes.get(exercise.id, blank)
            changed = {"from": old["points"], "reason": mark.reason}
            points = mark.overrides[exercise.id]
            outcomes[exercise.id] = old | {"points": points, "changed": changed}
    order = [exercise.id for exercise in lesson.exercises if exercise.id in outcomes]
    return [outcomes[name] for name in order]


def _counting(student, ones, best, told, group):
    """The entry that counts of those of one student and lesson: the newest, or the best."""
    where, several = f"{student}, lesson {ones[0]['lesson']}", len(ones) > 1
    if several and not best:
        moments = [one["moment"] for one in ones]
        newest = ones
        if None not in moments:
            newest = [one for one in ones if max(moments) - one["moment"] <= CLOCK]
        if len(newest) > 1:
            best = True
            why = "of one time" if None not in moments else "of unknown times"
            whose = f"group {group.name}, lesson {ones[0]['lesson']}" if group else where
            line = f"{whose}: it is not known which of {len(ones)} files is the newest "
            line += f"({len(newest)} are {why}), so the best counts"
            told += [line] if line not in told else []
        chosen = max(newest, key=totals.total)
    else:
        chosen = max(ones, key=totals.total)
    if several:
        which = "best" if best else "newest"
        chosen["notes"].append(f"the {which} of {len(ones)} files counts: {chosen['where']}")
    if chosen["by"] != student:
        whole = f"by {chosen['by']} for the group"
        is_one = len(group.members) == 1  # the line says only how the gradebook spells the name
        chosen["notes"].append(f"handed in {'as ' + chosen['by'] if is_one else whole}")
    told += [f"{where}: {chosen['doubt']}"] if "doubt" in chosen else []
    if "penalty" not in chosen:
        asked = [chosen[key] for key in ("late", "asks") if key in chosen]
        told += [f"{where}: {'; '.join(asked)}"] if asked else []
    return chosen


def _of_groups(number, people, shared, graded):
    """Lines of groups: where several handed in a lesson, and where members' points differ."""
    told = []
    entries = {one["student"]: one for one in graded if one["lesson"] == number}
    for group in {group.line: group for group in shared}.values():
        where = f"group {group.name}, lesson {number}"
        who = sorted({one["student"] for one in people[group.members[0]]})
        ours = [entries[member] for member in group.members]
        if len(who) > 1:
            several = f"{where}: {', '.join(who)} handed in"
            told.append(f"{several}; what {ours[0]['by']} handed in counts")
        told += [f"{where}: {line}" for line in _differing(ours)]
    return told


def _differing(entries):
    """A line for each question or exercise of one file in which a group's members differ."""
    told = []
    if len({entry["where"] for entry in entries}) > 1:
        return told
    found = [
        {one["id"]: one.get("points") for one in (*entry["outcomes"], *entry["words"])}
        for entry in entries
    ]
    for name in dict.fromkeys(name for points in found for name in points):
        given = [points.get(name) for points in found]
        if len(set(given)) > 1:
            shown = ("none" if one is None else totals.shown(one) for one in given)
            pairs = zip(entries, shown, strict=True)
            listed = ", ".join(f"{entry['student']} {points}" for entry, points in pairs)
            told.append(f"the points of {name} differ: {listed}")
    return told
