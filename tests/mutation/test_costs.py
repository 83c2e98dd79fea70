"""What each test of ctest cost when it last ran: `ctest --output-junit`, which .ci/run leaves in a build's Testing folder."""
import xml.etree.ElementTree

RESULTS = "Testing/results.xml"


class TestCosts:
    """Seconds by name; a test that has not run yet costs nothing, so that it is asked early."""

    def __init__(self, results):
        root = xml.etree.ElementTree.parse(results).getroot() if results.exists() else ()
        self.seconds = {one.get("name"): float(one.get("time")) for one in (root.iter("testcase") if results.exists() else ())}

    def of(self, name):
        return self.seconds.get(name, 0.0)

    def limit(self, name):
        """Processor seconds after which a test hangs."""
        return int(10 + 6 * self.of(name))
