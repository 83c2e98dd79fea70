"""A test as it is run with one mutant on."""
import contextlib
import os
import resource
import signal
import subprocess
import threading
from typing import NamedTuple

MEMORY_BYTES = 8 << 30  # what takes more has failed


class Gate:
    """Many who run what is built, or one alone who builds."""

    def __init__(self):
        self.condition, self.inside, self.waiting = threading.Condition(), 0, 0

    @contextlib.contextmanager
    def shared(self):
        with self.condition:
            self.condition.wait_for(lambda: self.inside >= 0 and not self.waiting)
            self.inside += 1
        try:
            yield
        finally:
            self.leave(lambda: self.inside - 1)

    @contextlib.contextmanager
    def alone(self):
        with self.condition:
            self.waiting += 1
            self.condition.wait_for(lambda: self.inside == 0)
            self.waiting, self.inside = self.waiting - 1, -1
        try:
            yield
        finally:
            self.leave(lambda: 0)

    def leave(self, inside):
        with self.condition:
            self.inside = inside()
            self.condition.notify_all()


class SwitchedTest(NamedTuple):
    name: str
    command: tuple
    environment: tuple = ()  # "NAME=value"

    def made(self):
        """When the newest of its files was made."""
        words = [*self.command, *(one.partition("=")[2] for one in self.environment)]
        return max((os.stat(word).st_mtime_ns for word in words if os.path.isfile(word)), default=0)


def most_seconds(usual):
    """Processor seconds after which a test hangs: six times what it should take (and 10 s more: a start costs), or a minute
    more than twice that."""
    return int(min(10 + 6 * usual, 60 + 2 * usual))


def passes(test, number, limit, folder, seen=None):
    """(whether it passes with this switch on, processor seconds). `limit`: processor seconds of one process, after which it
    has failed; the clock on the wall is a last resort. `seen`: file for the switches that are asked."""
    environment = {**os.environ, **dict(one.split("=", 1) for one in test.environment), "WEFT_MUTANT": str(number)}
    if seen:
        environment["WEFT_MUTANT_SEEN"] = str(seen)

    def limited():
        resource.setrlimit(resource.RLIMIT_CPU, (limit, limit))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    process = subprocess.Popen(test.command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL, start_new_session=True, preexec_fn=limited)

    def end():  # also what a test that failed left behind
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
    waking = threading.Timer(60 + 4 * limit, end)
    waking.start()
    try:
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return process.returncode == 0, used.ru_utime + used.ru_stime
    finally:
        waking.cancel()
        end()
