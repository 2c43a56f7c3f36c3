"""The page's scripts without a browser: `*.test.js` beside this file, run by node."""

from tests.js.node import ROOT, node


def test_the_scripts_do_what_their_tests_say():
    tests = sorted(str(path) for path in (ROOT / "tests" / "js").glob("*.test.js"))
    finished = node("--test", *tests)
    assert finished.returncode == 0, finished.stdout
