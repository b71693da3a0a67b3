"""AT-SPI over plain D-Bus (Gio): what a screen reader sees of a window, and what it can do there.

Not through libatspi: its cache crashes and hangs test processes that start one application after another.
Every call here has a time limit, and nothing is remembered between two calls but roles, which stay what they are.
Most of the time that a test takes goes into such calls: what is asked of many objects is asked of all at once.
"""
import contextlib

from gi.repository import Gio, GLib

PREFIX = "org.a11y.atspi."

# States, by their number in AtspiStateType.
ACTIVE, CHECKED, FOCUSED, SELECTED, SENSITIVE = 1, 4, 12, 23, 24

# Role names are translated and differ between toolkits; numbers do not.
ROLES = {
    2: "alert", 7: "check box", 11: "combo box", 16: "dialog", 20: "filler", 23: "frame", 27: "image",
    29: "label", 31: "list", 32: "list item", 33: "menu", 35: "menu item", 37: "page tab",
    38: "page tab list", 39: "panel", 42: "progress bar", 43: "button", 48: "scroll bar",
    49: "scroll pane", 50: "separator", 56: "table cell", 61: "text", 62: "toggle button",
    66: "tree table", 75: "application", 79: "entry", 87: "form", 90: "table row",
}

# Nothing is in them.
LEAVES = ("label", "separator")

# What has no place of its own on the screen although what is in it does.
WINDOWS = ("application", "frame", "dialog", "alert")

# What is asked of many objects at once: interface, method, arguments.
ASKED = {
    "role": (PREFIX + "Accessible", "GetRole", None),
    "name": ("org.freedesktop.DBus.Properties", "Get", GLib.Variant("(ss)", (PREFIX + "Accessible", "Name"))),
    "children": (PREFIX + "Accessible", "GetChildren", None),
    "extents": (PREFIX + "Component", "GetExtents", GLib.Variant("(u)", (1,))),
}


class Bus:
    """The accessibility bus of a session bus."""

    def __init__(self, session_address, timeout_ms=10000):
        self.timeout_ms = timeout_ms
        self.roles = {}  # by path, which no other object gets
        flags = Gio.DBusConnectionFlags
        as_client = flags.AUTHENTICATION_CLIENT | flags.MESSAGE_BUS_CONNECTION
        session = Gio.DBusConnection.new_for_address_sync(session_address, as_client, None, None)
        address = session.call_sync("org.a11y.Bus", "/org/a11y/bus", "org.a11y.Bus", "GetAddress",
                                    None, None, Gio.DBusCallFlags.NONE, 30000, None).unpack()[0]
        self.connection = Gio.DBusConnection.new_for_address_sync(address, as_client, None, None)

    def call(self, destination, path, interface, method, arguments=None):
        return self.connection.call_sync(destination, path, interface, method, arguments, None,
                                         Gio.DBusCallFlags.NONE, self.timeout_ms, None).unpack()

    def ask(self, questions):
        """The answers to pairs of an object and a word of ASKED; None where there is none, as from what left
        meanwhile."""
        answers = [None] * len(questions)
        waiting = len(questions)

        def note(connection, result, number):
            nonlocal waiting
            waiting -= 1
            with contextlib.suppress(GLib.Error):
                answers[number] = connection.call_finish(result).unpack()[0]

        context = GLib.MainContext()
        context.push_thread_default()
        try:
            for number, (node, word) in enumerate(questions):
                self.connection.call(node.destination, node.path, *ASKED[word], None,
                                     Gio.DBusCallFlags.NONE, self.timeout_ms, None, note, number)
            while waiting:
                context.iteration(True)
        finally:
            context.pop_thread_default()
        return answers

    def learn_roles(self, nodes):
        unknown = [node for node in nodes if node.path not in self.roles]
        for node, number in zip(unknown, self.ask([(node, "role") for node in unknown])):
            if number is not None:
                self.roles[node.path] = ROLES.get(number, str(number))

    def application(self, pid):
        """The root of the application with that process id; None if it is not there (yet)."""
        try:
            found, = self.call(PREFIX + "Registry", "/org/a11y/atspi/accessible/root",
                               PREFIX + "Accessible", "GetChildren")
        except GLib.Error:
            return None
        for name, path in found:
            try:
                owner, = self.call("org.freedesktop.DBus", "/", "org.freedesktop.DBus",
                                   "GetConnectionUnixProcessID", GLib.Variant("(s)", (name,)))
            except GLib.Error:
                continue  # it left meanwhile
            if owner == pid:
                return Node(self, name, path)
        return None


class Node:
    """One accessible object: a widget as others see it."""

    def __init__(self, bus, destination, path):
        self.bus = bus
        self.destination = destination
        self.path = path

    def __eq__(self, other):
        return isinstance(other, Node) and \
            (self.destination, self.path) == (other.destination, other.path)

    def __hash__(self):
        return hash((self.destination, self.path))

    def __repr__(self):
        try:
            return f"<{self.role} {self.name!r}>"
        except GLib.Error:
            return "<gone>"

    def call(self, interface, method, arguments=None):
        return self.bus.call(self.destination, self.path, PREFIX + interface, method, arguments)

    def get(self, interface, name):
        return self.bus.call(self.destination, self.path, "org.freedesktop.DBus.Properties", "Get",
                             GLib.Variant("(ss)", (PREFIX + interface, name)))[0]

    @property
    def role(self):
        if self.path not in self.bus.roles:
            number = self.call("Accessible", "GetRole")[0]
            self.bus.roles[self.path] = ROLES.get(number, str(number))
        return self.bus.roles[self.path]

    @property
    def name(self):
        return self.get("Accessible", "Name")

    @property
    def description(self):
        return self.get("Accessible", "Description")

    @property
    def children(self):
        return self.family(self.call("Accessible", "GetChildren")[0])

    def family(self, references):
        """The objects that are meant, each once: a page of a stack names its child twice."""
        return list(dict.fromkeys(Node(self.bus, destination, path) for destination, path in references
                                  if not path.endswith("/null")))

    def has(self, state):
        words = self.call("Accessible", "GetState")[0]
        return bool(words[state // 32] >> (state % 32) & 1)

    @property
    def extents(self):
        """x, y, width, height inside the window; None for what has no place."""
        try:
            return self.call("Component", "GetExtents", GLib.Variant("(u)", (1,)))[0]
        except GLib.Error:
            return None

    @property
    def text(self):
        count = self.get("Text", "CharacterCount")
        return self.call("Text", "GetText", GLib.Variant("(ii)", (0, count)))[0]

    @text.setter
    def text(self, text):
        assert self.call("EditableText", "SetTextContents", GLib.Variant("(s)", (text,)))[0], \
            f"{self} takes no text"

    def is_text(self, text):
        """Whether this is all of it; what has another length is not fetched."""
        return self.get("Text", "CharacterCount") == len(text) and self.text == text

    def begin_of_text(self, size=40):
        """Its first characters, without the rest of it."""
        return self.call("Text", "GetText", GLib.Variant("(ii)", (0, min(size, self.get("Text", "CharacterCount")))))[0]

    def end_of_text(self, size=40):
        """Its last characters, without the rest of it."""
        count = self.get("Text", "CharacterCount")
        return self.call("Text", "GetText", GLib.Variant("(ii)", (max(0, count - size), count)))[0]

    @property
    def selected(self):
        """The text that is selected."""
        span = self.call("Text", "GetSelection", GLib.Variant("(i)", (0,)))
        return self.call("Text", "GetText", GLib.Variant("(ii)", span))[0]

    def do(self, action="click"):
        count = self.get("Action", "NActions")
        names = [self.call("Action", "GetName", GLib.Variant("(i)", (i,)))[0] for i in range(count)]
        assert action in names, f"{self} can do {names}, not {action}"
        done = self.call("Action", "DoAction", GLib.Variant("(i)", (names.index(action),)))[0]
        assert done, f"{self} refused to {action}"

    def select(self, index):
        """Selects a child of a list, as a screen reader does."""
        assert self.call("Selection", "SelectChild", GLib.Variant("(i)", (index,)))[0]

    def walk(self, role=None, name=None, skip=()):
        """Everything below that is shown, nearest first. `role` may be several roles, `name` a pattern. `skip` are
        roles that are not gone into."""
        for _, node in walk_each([self], role, name, skip):
            yield node


def walk_each(roots, role=None, name=None, skip=()):
    """What `walk()` finds below each of the objects, with the number of that: all of them level by level."""
    roles = (role,) if isinstance(role, str) else role
    bus = roots[0].bus if roots else None
    level = list(enumerate(roots))
    at_root = True
    while level:
        bus.learn_roles([node for _, node in level])
        seen, questions = [], []
        for number, node in level:
            here = bus.roles.get(node.path)  # None: it left meanwhile
            wanted = here is not None and (roles is None or here in roles)
            opened = here is not None and here not in LEAVES and (at_root or here not in skip)
            if not wanted and not opened:
                continue
            asked = {"extents": here not in WINDOWS, "name": wanted and name is not None, "children": opened}
            asked = [word for word in asked if asked[word]]
            questions += [(node, word) for word in asked]
            seen.append((number, node, wanted, asked))
        answers = iter(bus.ask(questions))
        level = []
        at_root = False
        for number, node, wanted, asked in seen:
            told = {word: next(answers) for word in asked}
            if not is_shown(told.get("extents")):
                continue
            if wanted and (name is None or fits(told["name"], name)):
                yield number, node
            level += [(number, child) for child in node.family(told.get("children") or ())]


def is_shown(extents):
    """GTK 4.8 says SHOWING of windows only; what is not shown has no size."""
    return extents is None or (extents[2] > 0 and extents[3] > 0)


def fits(name, wanted):
    return name == wanted if isinstance(wanted, str) else name is not None and bool(wanted.search(name))


def names_of(nodes):
    """The names of them all; "" of what left meanwhile."""
    return [name or "" for name in nodes[0].bus.ask([(node, "name") for node in nodes])] if nodes else []


def families_of(nodes):
    """The children of each."""
    told = nodes[0].bus.ask([(node, "children") for node in nodes]) if nodes else []
    return [node.family(references or ()) for node, references in zip(nodes, told)]


def rows_of(table, roles="label"):
    """The rows of a list that exist: (row, [[text, ...] of each cell]). One that is leaving has no cells any more."""
    rows = [row for body in table.children if body.role == "list" for row in body.children]
    families = families_of(rows)
    cells = [cell for family in families for cell in family]
    texts = [[] for _ in cells]
    found = list(walk_each(cells, roles))
    for (number, _), name in zip(found, names_of([node for _, node in found])):
        texts[number].append(name)
    rest = iter(texts)
    return [(row, [next(rest) for _ in family]) for row, family in zip(rows, families) if family]
