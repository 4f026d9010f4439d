"""Students who hand in together, by ``groups.csv`` of a grading's folder.

A line a group: its name, then its members. Who handed in may stand there by the name of the group
or of a member; what counts for one counts for all of them.
"""

from pathlib import Path

from homework import tables

FILE = "groups.csv"
HEAD = "group"


def read(folder):
    """Name of a group -> its members, in the order of the file; without a file there are none.

    Raises:
        TableError: the file cannot be read, a student is in two groups, a group stands there
            twice or without members.
    """
    path = Path(folder) / FILE
    if not path.exists():
        return {}
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
        elif name in found:
            faults.append((row.number, f"the group {name} stands in the file twice"))
        for member in members:
            if member in taken:
                told = f"{member} is a member of {taken[member]} already"
                faults.append((row.number, told))
            taken[member] = name
        found[name] = members
    faults += [
        (None, f"{name} is the name of a group and of a member of {taken[name]}")
        for name in found
        if name in taken and taken[name] != name
    ]
    tables.refuse(path, faults)
    return found
