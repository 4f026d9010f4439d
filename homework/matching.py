"""Whose row of a gradebook is whose: by the id in the name of the file, or by the exact name.

Nobody is guessed: who is not found, is found twice, or shares a row with another, is told.
"""

from collections import Counter
from dataclasses import dataclass, field

from homework import names, tables


@dataclass
class Person:
    """A row of a gradebook.

    Attributes:
        number: the system's id. names: each way in which it writes the name, the plainest first.
        others: logins, addresses and the like, each of one person.
        group: the name of the group, where the gradebook shows one.
    """

    row: tables.Row
    number: str
    names: list = field(default_factory=list)
    others: list = field(default_factory=list)
    group: str = ""

    @property
    def shown(self):
        """The name, or the id where the gradebook shows no names."""
        return self.names[0] if self.names else self.number


def match(system, people, students, sent):
    """(student -> :class:`Person`, lines of who is not matched).

    Args:
        system: ``moodle`` or ``canvas``; only its own ids count.
        people: of the gradebook. students: names of this grading.
        sent: student -> what the path told of who sent it, see ``names.SENT``.
    """
    found, told = {}, []
    for student in students:
        who = sent.get(student, {})
        by_id = who.get("system") == system and who.get("id")
        if by_id:
            hits = [person for person in people if person.number == who["id"]]
            others = [person for person in hits if not _is_called(person, who["name"])]
            if others:
                told.append(f"{student}: its file has the id of {others[0].shown}; not filled")
                continue
        else:
            wanted = names.plain(who.get("name") or student)
            hits = [p for p in people if wanted in map(names.plain, [*p.names, *p.others])]
        if len(hits) == 1:
            found[student] = hits[0]
        else:
            what = f"the id {who['id']}" if by_id else "this name"
            many = f"{len(hits)} rows have" if hits else "no row has"
            told.append(f"{student}: {many} {what}; not filled")
    rows = Counter(id(person.row) for person in found.values())
    for student, person in list(found.items()):
        if rows[id(person.row)] > 1:
            told.append(
                f"{student}: another student has the row of {person.number} too; not filled"
            )
            del found[student]
    return found, told


def _is_called(person, name):
    """True if a file's name may be this person's: systems leave out marks, and put groups before.

    Where the gradebook shows no names, the id alone must do.
    """
    wanted = names.letters(name)
    return not person.names or any(wanted.endswith(names.letters(one)) for one in person.names)
