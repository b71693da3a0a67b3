"""Long tests begin first, so that none of them runs alone at the end.

`@pytest.mark.long(40)` says that a test takes about so many seconds on an idle machine, most of which it waits. Nothing
fails when that is no longer so. Tests are handed out one by one: behind a long one that runs waits a short one.
"""
import pytest

try:
    from xdist.scheduler import LoadScheduling
except ImportError:  # then they run one after the other
    LoadScheduling = object


LONG = "long(seconds): begins early, since it takes so long"


class LongestFirst(LoadScheduling):
    """Of tests that are sorted, those at the beginning and those at the end by turns."""

    def _send_tests(self, node, num):
        given = self.node2pending[node]
        while self.pending and len(given) < 2:
            if given and given[-1] < self.pending[0]:  # the one before was taken from the beginning
                self.pending.insert(0, self.pending.pop())
            super()._send_tests(node, 1)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config, log):
    if config.getvalue("dist") == "load":
        return LongestFirst(config, log)
    return None


def seconds(item):
    marker = item.get_closest_marker("long")
    return marker.args[0] if marker else 0


def longest_first(items):
    items.sort(key=seconds, reverse=True)
