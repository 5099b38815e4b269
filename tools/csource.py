"""Reading C well enough for the tools of this folder: comments, top-level items, functions.

No parser: text in which comments, literals and directives are blanked (same length, same lines),
cut at depth 0 of braces. That is enough for code that compiles and keeps to .clang-format.
"""

import bisect
import os
import re

TOKEN = re.compile(
    r"""(?P<block>/\*.*?\*/)|(?P<line>//[^\n]*)|(?P<string>"(?:\\.|[^"\\\n])*")"""
    r"""|(?P<char>'(?:\\.|[^'\\\n])+')""",
    re.S,
)
DIRECTIVE = re.compile(r"^[ \t]*#(?:[^\n\\]|\\\n|\\.)*", re.M)
LINKAGE = re.compile(r'\bextern\s+"[^"\n]*"\s*\{')
ATTRIBUTE = re.compile(r"__attribute__\s*\(\((?:[^()]|\([^()]*\))*\)\)")
LONE_MACRO = re.compile(r"^[A-Z][A-Z0-9_]*[ \t]*$", re.M)
CALLED = re.compile(r"\b([A-Za-z_]\w*)\s*\((?!\s*\*)")

# Citations: sections and tags may be listed after one naming of the RFC.
TAG = r"(?:MUST|SHLD|MAY|REC)-\d+"
TAG_LIST = re.compile(r"RFC 9293(?:(?:,? and|,? or|,|;)? \(?(?:%s|\d+(?:\.\d+)*)\b)+" % TAG)


def blank(text):
    """The text with all but line ends turned into spaces."""
    return re.sub(r"[^\n]", " ", text)


class Item:
    """A top-level item: its text without comments, where it starts and ends, and what it is."""

    def __init__(self, text, start, first_line, last_line, kind):
        self.text = text
        self.start = start
        self.first_line = first_line
        self.last_line = last_line
        self.kind = kind  # function, prototype, variable, type, other
        self.name = function_name(text) if kind in ("function", "prototype") else None


class Source:
    """One C file."""

    def __init__(self, path, text):
        self.path = path
        self.text = text
        self.lines = text.split("\n")
        self.starts = [0]
        for line in self.lines:
            self.starts.append(self.starts[-1] + len(line) + 1)
        self.comments = []  # (offset, text)
        self._items = None
        self.code = self._blank_comments()
        bare = DIRECTIVE.sub(_blank_match, LINKAGE.sub(_blank_match, self.code))
        self.bare = LONE_MACRO.sub(_blank_match, bare)

    def line_of(self, offset):
        return bisect.bisect_right(self.starts, offset)

    def _blank_comments(self):
        def replace(match):
            text = match.group()
            if match.group("block") or match.group("line"):
                self.comments.append((match.start(), text))
                return blank(text)
            return text[0] + blank(text[1:-1]) + text[-1]

        return TOKEN.sub(replace, self.text)

    def items(self):
        """The top-level items in order."""
        if self._items is None:
            self._items = self._find_items()
        return self._items

    def _find_items(self):
        found = []
        bare = self.bare
        at = 0
        while True:
            begin = re.compile(r"[^\s;}]").search(bare, at)
            if begin is None:
                return found
            end, kind = self._item_end(begin.start())
            text = bare[begin.start() : end]
            found.append(
                Item(
                    text,
                    begin.start(),
                    self.line_of(begin.start()),
                    self.line_of(max(end - 1, begin.start())),
                    kind or classify(text),
                )
            )
            at = end

    def _item_end(self, start):
        """Where the item that starts here ends; the kind, if it is a function."""
        depth = 0
        for match in re.compile(r"[{};()]").finditer(self.bare, start):
            char = match.group()
            if char in "({":
                head = self.bare[start : match.start()]
                if char == "{" and depth == 0 and is_function_head(head):
                    return self._block_end(match.start()), "function"
                depth += 1
            elif char in ")}":
                depth -= 1
                if depth < 0:
                    return match.end(), None
            elif depth == 0:
                return match.end(), None
        return len(self.bare), None

    def _block_end(self, start):
        depth = 0
        for match in re.compile(r"[{}]").finditer(self.bare, start):
            depth += 1 if match.group() == "{" else -1
            if depth == 0:
                return match.end()
        return len(self.bare)

    def functions(self):
        return [item for item in self.items() if item.kind == "function"]


def _blank_match(match):
    return blank(match.group())


def without_brackets(text):
    """The text without array bounds and attributes."""
    text = ATTRIBUTE.sub("", text)
    previous = None
    while previous != text:
        previous = text
        text = re.sub(r"\[[^\[\]]*\]", "", text)
    return text


def function_name(text):
    """The name in a function's head: the first name with parentheses that is no macro's."""
    for match in CALLED.finditer(without_brackets(text)):
        name = match.group(1)
        if not re.fullmatch(r"[A-Z_][A-Z0-9_]*", name):
            return name
    return None


def is_function_head(text):
    head = without_brackets(text)
    if "=" in head or re.match(r"\s*typedef\b", head):
        return False
    if re.match(r"\s*(struct|union|enum)\b[^(]*$", head):
        return False
    return function_name(head) is not None


def classify(text):
    """What a top-level item that is no function body is."""
    head = without_brackets(text)
    if re.match(r"\s*(typedef|_Static_assert|static_assert)\b", head):
        return "other"
    before_value = head.split("=", 1)[0]
    if re.match(r"\s*(?:\w+\s+)*(struct|union|enum)\b\s*\w*\s*\{", before_value) and re.search(
        r"\}\s*(?:__attribute__.*)?;\s*$", head
    ):
        return "type"
    if re.match(r"\s*(struct|union|enum)\s+\w+\s*;\s*$", head):
        return "type"
    if "=" not in head and "{" not in head and function_name(head) is not None:
        return "prototype"
    if re.match(r"\s*[A-Z_][A-Z0-9_]*\s*\(", head):
        return "other"
    if re.search(r"\w\s+[\w*(]", head):
        return "variable"
    return "other"


def comment_words(text):
    """A comment's words on one line, and for each character the offset it came from."""
    words = []
    offsets = []
    at = 0
    for line in text.split("\n"):
        body = re.match(r"\s*(?:/\*+!?|\*+/|\*(?!/)|//+)?", line).end()
        clean = line[body:]
        if clean.rstrip().endswith("*/"):
            clean = clean.rstrip()[:-2]
        for index, char in enumerate(clean + " "):
            if char.isspace() and words and words[-1] == " ":
                continue
            words.append(" " if char.isspace() else char)
            offsets.append(at + body + index)
        at += len(line) + 1
    return "".join(words), offsets


def comment_runs(source):
    """Comments as (text, offsets in the file): `//` lines that follow each other read as one."""
    runs = []
    for offset, text in source.comments:
        between = source.text[runs[-1][1] : offset] if runs else None
        if text.startswith("//") and runs and runs[-1][2] and not between.strip() \
                and between.count("\n") == 1:
            runs[-1] = (runs[-1][0], offset + len(text), True)
        else:
            runs.append((offset, offset + len(text), text.startswith("//")))
    for start, end, _ in runs:
        words, offsets = comment_words(source.text[start:end])
        yield words, [start + o for o in offsets]


def find_files(root, folders, suffixes):
    """Files below folders, sorted, relative to root."""
    found = []
    for folder in folders:
        top = os.path.join(root, folder)
        if os.path.isfile(top):
            found.append(folder)
        for path, folders_below, files in os.walk(top):
            folders_below[:] = [f for f in folders_below if f not in ("__pycache__", "build")]
            for name in files:
                if name.endswith(suffixes):
                    found.append(os.path.relpath(os.path.join(path, name), root))
    return sorted(set(found))


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8", errors="replace", newline="") as file:
        return file.read()
