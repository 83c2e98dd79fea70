#!/usr/bin/env python3
"""Runs a script of unittest cases. One that is skipped, and a script without any, is a failure.

    run_cases.py SCRIPT [NAME...] [-- ARGUMENT...]
                                     all cases, or those whose name holds one of the words; the script sees `-- ARGUMENT...`
    run_cases.py --first SCRIPT ...  no further than the first that fails
    run_cases.py --list SCRIPT       their names, a line each
"""
import importlib.util
import pathlib
import sys
import unittest


def cases_of(script):
    """All cases of a script, in the order that unittest runs them in."""
    sys.path.insert(0, str(script.parent))
    spec = importlib.util.spec_from_file_location(script.stem, script)
    module = importlib.util.module_from_spec(spec)
    sys.modules[script.stem] = module
    spec.loader.exec_module(module)

    def flat(suite):
        for one in suite:
            yield from flat(one) if isinstance(one, unittest.TestSuite) else [one]
    return list(flat(unittest.defaultTestLoader.loadTestsFromModule(module)))


def main(arguments):
    option = arguments[0] if arguments[0] in ("--list", "--first") else None
    script, *words = arguments[1:] if option else arguments
    own = words.index("--") if "--" in words else len(words)
    words, sys.argv = words[:own], [script, *words[own:]]
    cases = [case for case in cases_of(pathlib.Path(script).resolve()) if not words or any(word in case.id() for word in words)]
    if option == "--list":
        print("\n".join(case.id() for case in cases))
        return 0
    result = unittest.TextTestRunner(verbosity=1, failfast=option == "--first").run(unittest.TestSuite(cases))
    for case, reason in result.skipped:
        print(f"{case.id()} was skipped: {reason}", file=sys.stderr)
    if not cases:
        print(f"{script}: no cases", file=sys.stderr)
    return 0 if cases and result.wasSuccessful() and not result.skipped and not result.expectedFailures else 1


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    sys.exit(main(sys.argv[1:]))
