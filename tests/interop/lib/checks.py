# Counting checks, and running the pond that they are about.
import os
import subprocess

from readers import stderr_to


class Checks:
    def __init__(self):
        self.passed = 0
        self.failed = 0
        self.skipped = 0

    @property
    def counts(self):
        return self.passed, self.failed, self.skipped

    def check(self, what, ok, detail=""):
        if ok:
            self.passed += 1
        else:
            self.failed += 1
            print(f"FAIL {what}: {detail}")

    def equal(self, what, got, want):
        self.check(what, got == want, f"{shorten(got)}, not {shorten(want)}{difference(got, want)}")

    def raises(self, what, text, call):
        """That the call fails with this text in its message."""
        try:
            with stderr_to(os.devnull):  # a panic of Polars prints its stack, and is not an Exception
                got = call()
        except BaseException as e:
            if isinstance(e, KeyboardInterrupt):
                raise
            self.check(what, text in str(e), f"the message is {shorten(str(e))}, without '{text}'")
        else:
            self.check(what, False, f"it gave {shorten(got)} instead of an error with '{text}'")

    def attempt(self, what, call):
        """The result of a call, or None and a failed check if it fails."""
        try:
            return call()
        except BaseException as e:
            if isinstance(e, KeyboardInterrupt):
                raise
            self.check(what, False, f"{type(e).__name__}: {shorten(str(e), 1000)}")
            return None


def shorten(value, size=300):
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= size else text[:size] + "…"


def difference(got, want):
    """Where two lists differ first."""
    if not isinstance(got, list) or not isinstance(want, list):
        return ""
    for i, (g, w) in enumerate(zip(got, want)):
        if g != w:
            return f" (at {i}: {shorten(g)}, not {shorten(w)})"
    return f" ({len(got)} items, not {len(want)})"


class Pond:
    """A new pond in a directory, and the program that works with it."""

    def __init__(self, program, directory):
        self.program = program
        self.directory = directory
        self.run("init")

    def call(self, *arguments):
        env = {**os.environ, "POND": os.path.join(self.directory, "pond")}
        return subprocess.run([self.program, *arguments], env=env, capture_output=True, text=True)

    def run(self, *arguments):
        result = self.call(*arguments)
        if result.returncode != 0:
            raise RuntimeError(f"pond {' '.join(arguments)}: {result.stderr.strip()}")
        return result.stdout

    def refusal(self, *arguments):
        """The message with which a command fails; None if it does not."""
        result = self.call(*arguments)
        return result.stderr.strip() if result.returncode != 0 else None

    def view(self, factory, path, patterns, query):
        """Makes a sql-derived-series or sql-derived-table."""
        config = os.path.join(self.directory, "config.yaml")
        with open(config, "w") as f:
            f.write("patterns:\n" + "".join(f"  {name}: '{pattern}'\n" for name, pattern in patterns.items()))
            f.write("query: |\n" + "".join(f"  {line}\n" for line in query.split("\n")))
        self.run("mknod", factory, path, "--config-path", config)

    def export(self, directory, patterns, *options):
        self.run("export", "--quiet", "--dir", directory, *[x for p in patterns for x in ("--pattern", p)], *options)
