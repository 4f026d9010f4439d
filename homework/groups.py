"""Students who hand in together, by ``groups.csv`` of a grading's folder.

A line a group: its name, then its members. Who handed in may stand there by the name of the group
or of a member; what counts for one counts for all of them. Capitals and repeated spaces make no
difference, and a group is also known by its letters and digits alone, as Canvas writes it.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from homework import names, tables

FILE = "groups.csv"
HEAD = "group"


@dataclass
class Group:
    """One line: ``members`` as the grading spells them, where it knows them.

    ``own`` are the names in the grading under which the group itself handed in.
    """

    name: str
    members: list
    line: int
    own: list = field(default_factory=list)


def read(folder, students=()):
    """The groups, in the order of the file; without a file there are none.

    Args:
        students: the names of this grading.

    Raises:
        TableError: the file cannot be read, a student is in two groups, a group stands there
            twice or without members, or a name of the grading could mean two of its lines.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return []
    table = tables.Table.read(path)
    if table.names[0].casefold() != HEAD:
        raise tables.TableError(
            f"{path}, line {table.head.number}: expected a first line such as 'group,member,member'"
        )
    found, faults, taken = {}, [], {}
    for row in table.lines():
        name, *members = (row[column] for column in range(len(row.cells)))
        members = [member for member in members if member]
        if not name or not members:
            faults.append((row.number, "expected the name of a group, then its members"))
        elif names.plain(name) in found:
            faults.append((row.number, f"the group {name} stands in the file twice"))
        for member in members:
            if names.plain(member) in taken:
                told = f"{member} is a member of {taken[names.plain(member)]} already"
                faults.append((row.number, told))
            taken[names.plain(member)] = name
        found[names.plain(name)] = Group(name, members, row.number)
    faults += [
        (None, f"{group.name} is the name of a group and of a member of {taken[key]}")
        for key, group in found.items()
        if key in taken and taken[key] != group.name
    ]
    tables.refuse(path, faults)
    tables.refuse(path, _settle(list(found.values()), students))
    return list(found.values())


def _settle(found, students):
    """Give each group the names by which the grading knows it and its members; returns faults.

    The closest spelling decides, so a name that is written as in the file means that line.
    """
    ways = (str, names.plain, names.letters)
    members, called = defaultdict(list), [defaultdict(list) for _ in ways]
    for group in found:
        for place, member in enumerate(group.members):
            members[names.plain(member)].append((group, place))
        for way, known in zip(ways, called, strict=True):
            known[way(group.name)].append(group)
    faults, spelled = [], defaultdict(list)
    for student in students:
        if hits := members.get(names.plain(student)):
            group, place = hits[0]
            spelled[group.line, place].append((student, group))
            continue
        tried = ((way(student), known) for way, known in zip(ways, called, strict=True))
        hits = next((known[key] for key, known in tried if key and key in known), [])
        if len(hits) > 1:
            listed = ", ".join(f"{group.name} (line {group.line})" for group in hits)
            faults.append((None, f"{student} of this grading could be any of these: {listed}"))
        elif hits:
            hits[0].own.append(student)
    for (line, place), several in spelled.items():
        group, alike = several[0][1], [student for student, _ in several]
        if group.members[place] in alike:  # others that look like it are students of their own
            continue
        if len(alike) > 1:
            told = f"{group.members[place]} could be any of these: {', '.join(alike)}"
            faults.append((line, told))
        group.members[place] = alike[0]
    return faults
