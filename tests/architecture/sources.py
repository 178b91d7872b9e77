"""Reading the C++ sources for the architecture test: which files there are, their includes, their code without comments."""
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]

_TOKEN = re.compile(
    r'R"(?P<mark>[^()\\ ]{0,16})\(.*?\)(?P=mark)"'  # a raw string
    r'|"(?:\\.|[^"\\\n])*"'  # a string
    r"|'(?:\\.|[^'\\\n])+'"  # a character
    r"|//[^\n]*|/\*.*?\*/",  # a comment
    re.DOTALL)
_INCLUDE_LINE = re.compile(r'^\s*#\s*include\b.*$', re.MULTILINE)
_OWN_INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.MULTILINE)


class Source:
    """One file: its path from the root, its text, and views of it that keep line numbers."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.code = _without_comments(text)

    @property
    def is_header(self):
        return self.path.endswith(".h")

    @property
    def is_test(self):
        name = self.path.rsplit("/", 1)[-1]
        return name.endswith("_test.cc") or name.startswith("fuzz_") or "/testing" in self.path

    def own_includes(self):
        """Yields (line number, path) of each quoted include."""
        for match in _OWN_INCLUDE.finditer(self.code):
            yield self.code.count("\n", 0, match.start()) + 1, match.group(1)

    def lines_matching(self, pattern, with_comments=False):
        for number, line in enumerate((self.text if with_comments else self.code).split("\n"), start=1):
            if pattern.search(line):
                yield number, line.strip()


def _without_comments(text):
    """`text` with comments blanked and string contents emptied, includes left alone; line breaks stay."""
    includes = [match.span() for match in _INCLUDE_LINE.finditer(text)]

    def blank(match):
        token = match.group(0)
        if not token.startswith("/") and any(start <= match.start() < end for start, end in includes):
            return token
        kept = "" if token.startswith("/") else '""'
        return kept + "\n" * token.count("\n")

    return _TOKEN.sub(blank, text)


def all_sources():
    listed = subprocess.run(["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.cc", "*.h"], cwd=ROOT,
                            capture_output=True, text=True, check=True).stdout.split("\n")
    for path in sorted(filter(None, listed)):
        file = ROOT / path
        if file.exists():
            yield Source(path, file.read_text(encoding="utf-8"))
