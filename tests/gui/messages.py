"""A desktop that shows messages (org.freedesktop.Notifications) and writes them down: one JSON object a line
on standard output, the first of which says that it is ready. Run by the tests in a process of its own.
"""
import json
import sys

from gi.repository import Gio, GLib

NAME = "org.freedesktop.Notifications"
INTERFACE = """<node><interface name="org.freedesktop.Notifications">
<method name="Notify"><arg direction="in" type="s"/><arg direction="in" type="u"/><arg direction="in" type="s"/>
<arg direction="in" type="s"/><arg direction="in" type="s"/><arg direction="in" type="as"/>
<arg direction="in" type="a{sv}"/><arg direction="in" type="i"/><arg direction="out" type="u"/></method>
<method name="CloseNotification"><arg direction="in" type="u"/></method>
<method name="GetCapabilities"><arg direction="out" type="as"/></method>
<method name="GetServerInformation"><arg direction="out" type="s"/><arg direction="out" type="s"/>
<arg direction="out" type="s"/><arg direction="out" type="s"/></method>
<signal name="ActionInvoked"><arg type="u"/><arg type="s"/></signal>
</interface></node>"""


def say(**what):
    print(json.dumps(what), flush=True)


class Desktop:
    def __init__(self):
        self.count = 0

    def called(self, connection, sender, path, interface, method, arguments, invocation):
        if method == "Notify":
            app, replaces, icon, title, body, actions, hints, timeout = arguments.unpack()
            if not replaces:
                self.count += 1
                replaces = self.count
            say(id=replaces, title=title, body=body, urgency=hints.get("urgency"), actions=actions)
            invocation.return_value(GLib.Variant("(u)", (replaces,)))
            if "click" in sys.argv[1:] and "default" in actions:
                connection.emit_signal(sender, path, NAME, "ActionInvoked",
                                       GLib.Variant("(us)", (replaces, "default")))
        elif method == "GetCapabilities":
            invocation.return_value(GLib.Variant("(as)", (["body", "actions", "body-markup"],)))
        elif method == "GetServerInformation":
            invocation.return_value(GLib.Variant("(ssss)", ("tests", "hune", "1", "1.2")))
        else:
            invocation.return_value(None)


def main():
    desktop = Desktop()
    loop = GLib.MainLoop()
    info = Gio.DBusNodeInfo.new_for_xml(INTERFACE).interfaces[0]

    def on_bus(connection, name):
        connection.register_object("/org/freedesktop/Notifications", info, desktop.called, None, None)

    Gio.bus_own_name(Gio.BusType.SESSION, NAME, Gio.BusNameOwnerFlags.NONE, on_bus,
                     lambda connection, name: say(ready=True), lambda connection, name: loop.quit())
    loop.run()


main()
