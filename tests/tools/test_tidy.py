#!/usr/bin/env python3
"""tools/tidy must find what is wrong, and leave alone what is right."""

import importlib.machinery
import importlib.util
import os
import sys
import tempfile
import unittest

sys.dont_write_bytecode = True
TOOLS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools")


def load(name):
    loader = importlib.machinery.SourceFileLoader("vitro_" + name, os.path.join(TOOLS, name))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader(loader.name, loader))
    loader.exec_module(module)
    return module


TIDY = load("tidy")
HEAD = "/* A file. */\n"


class TidyTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        unit = os.path.join(self.folder.name, "tests", "unit")
        os.makedirs(unit)
        with open(os.path.join(unit, "test_tested.c"), "w", encoding="utf-8"):
            pass

    def tearDown(self):
        self.folder.cleanup()

    def found(self, path, text):
        """(rule, line) of all that is reported."""
        tidy = TIDY.Tidy(self.folder.name, {"MUST-1", "MUST-10", "SHLD-2", "MAY-1"})
        tidy.check_text(path, text)
        if path.endswith((".c", ".h")):
            tidy.check_c(path, text)
        return [(rule, line) for _, line, rule, _ in tidy.found]

    def finds(self, rule, text, path="src/tcp/tested.c", line=2):
        self.assertIn((rule, line), self.found(path, HEAD + text))

    def passes(self, text, path="src/tcp/tested.c"):
        self.assertEqual([], self.found(path, HEAD + text))

    def function(self, lines):
        return "void f(void)\n{\n" + "    g();\n" * (lines - 3) + "}\n"

    def test_function_size(self):
        self.passes(self.function(70))
        self.finds("function-size", self.function(71))

    def test_function_size_counts_comments_and_keeps_apart_functions(self):
        self.passes(self.function(60) + "\n" + self.function(60).replace("f(", "h("))
        body = "     * }\n" * 70
        self.finds("function-size", "int f(int x)\n{\n    /*\n" + body + "     */\n}\n")

    def test_file_size(self):
        self.passes("/* one */\n" * 799)
        self.finds("file-size", "/* one */\n" * 800, line=801)

    def test_include_goes_down(self):
        self.passes('#include "base/base.h"\n#include "wire/tcp.h"\n#include "tcp/tcp_seq.h"\n')
        self.passes('#include "vitro.h"\n#include "vitro/tcp.h"\n')
        self.finds("include", '#include "stack/stack.h"\n')
        self.finds("include", '#include "ip/ip.h"\n')
        self.finds("include", '#include "wire/tcp.h"\n', path="src/base/tested.c")
        self.finds("include", '#include "stack/stack.h"\n', path="src/observe/tested.c")
        self.passes('#include "ip/ip.h"\n#include "udp/udp.h"\n', path="src/stack/tested.c")

    def test_include_is_written_from_src(self):
        self.finds("include", '#include "tcp_seq.h"\n')
        self.finds("include", '#include "../wire/tcp.h"\n')

    def test_include_in_a_comment_is_none(self):
        self.passes('/*\n#include "stack/stack.h"\n*/\n')

    def test_public_header_includes_public_headers(self):
        self.passes("#include <stdint.h>\n#include <vitro/types.h>\n", path="include/vitro/a.h")
        self.finds("include", '#include "tcp/tcp_seq.h"\n', path="include/vitro/a.h")

    def test_mutable_variable(self):
        self.finds("mutable", "static int counter;\n")
        self.finds("mutable", "static int counter = 3;\n")
        self.finds("mutable", "struct foo table[4] = {{1}, {2}};\n")
        self.finds("mutable", "static const char *name;\n")
        self.finds("mutable", "static const char *names[] = {0};\n")
        self.finds("mutable", "static void (*hook)(int);\n")
        self.finds("mutable", "void f(void)\n{\n    static int calls;\n    calls++;\n}\n", line=4)
        self.passes("static int counter;\n", path="src/cli/tested.c")

    def test_constants_are_no_variables(self):
        self.passes("static const int limit = 3;\n")
        self.passes("static const char *const names[] = {\"a\", \"b\"};\n")
        self.passes("const struct cc_ops tcp_cc_reno = {\n    .name = \"reno\",\n};\n")
        self.passes("static void (*const hook)(int) = f;\n")
        self.passes("void f(void)\n{\n    static const int x[] = {1};\n    g(x);\n}\n")
        self.passes("struct foo {\n    int x;\n    void (*call)(int);\n};\nenum e { A, B };\n")
        self.passes("typedef struct {\n    uint32_t value;\n} tcp_seq;\n")
        self.passes("static int f(const struct foo *x, int (*g)(int));\n")
        self.passes("static const struct { int a; } t[] = {{1}};\n")

    def test_memory(self):
        self.finds("memory", "void f(void)\n{\n    g(malloc(3));\n}\n", line=4)
        self.finds("memory", "void f(void)\n{\n    free(x);\n}\n", line=4)
        self.passes("void f(void)\n{\n    pool_free(x);\n    ops->free(x); /* malloc(3) */\n}\n")

    def test_clock(self):
        self.finds("clock", "void f(void)\n{\n    clock_gettime(0, &t);\n}\n", line=4)
        self.finds("clock", "void f(void)\n{\n    g(time(NULL));\n}\n", line=4)
        self.passes("void f(void)\n{\n    clock_gettime(0, &t);\n}\n", path="src/link/tested.c")
        self.passes("void f(void)\n{\n    rtt_time(3);\n}\n")

    def test_state_has_one_writer(self):
        self.finds("state", "void f(struct tcp_conn *conn)\n{\n    conn->state = 3;\n}\n", line=4)
        self.passes("void f(struct tcp_conn *conn)\n{\n    if (conn->state == 3) g();\n}\n")
        self.passes("void f(struct tcp_conn *conn)\n{\n    conn->state_since = 3;\n}\n")

    def test_banned_calls(self):
        self.finds("banned", "void f(void)\n{\n    sprintf(a, b);\n}\n", line=4)
        self.finds("banned", "void f(void)\n{\n    x = ntohl(y);\n}\n", line=4)
        self.passes("void f(void)\n{\n    snprintf(a, 3, b);\n    g(\"strcpy(x)\");\n}\n")

    def test_recursion(self):
        self.finds("recursion", "int f(int x)\n{\n    return x ? f(x - 1) : 0;\n}\n")
        self.passes("int f(int x)\n{\n    return g(x) + pf(x);\n}\n")

    def test_attributes_are_seen_through(self):
        attribute = '__attribute__((target("avx2"), noinline))'
        self.passes("static int %s f(void)\n{\n    return target(3);\n}\n" % attribute)
        self.finds("recursion", "static int %s f(void)\n{\n    return f();\n}\n" % attribute)

    def test_unit_test_file(self):
        self.assertIn(("unit-test", 1), self.found("src/tcp/untested.c", HEAD))
        self.assertEqual([], self.found("src/tcp/header_only.h", HEAD))

    def test_public_comment(self):
        for path in ("src/tcp/a.h", "include/vitro/a.h"):
            self.finds("public-comment", "\nint f(int x);\n", path=path, line=3)
            self.finds("public-comment", "int f(int x);\n", path=path)  # the head comment's not its
            self.passes("\n/* Does it. */\nint f(int x);\nint g(int x);\n", path=path)
            self.passes("\nint f(int x); /* does it */\n", path=path)
            self.passes("\nstruct foo {\n    int x;\n};\nstruct bar;\n", path=path)
            self.finds("public-comment", "\n/* One. */\nint f(int x);\n\nint g(int x);\n",
                       path=path, line=6)
        self.passes("\nextern const int x;\n", path="src/tcp/a.h")

    def test_public_comment_sees_through_linkage(self):
        text = ('\n#ifdef __cplusplus\nextern "C" {\n#endif\n\n%sint f(int x);\n\n'
                '#ifdef __cplusplus\n}\n#endif\n')
        self.passes(text % "/* Does it. */\n", path="include/vitro/a.h")
        self.finds("public-comment", text % "", path="include/vitro/a.h", line=7)

    def test_public_comment_sees_through_lone_macros(self):
        text = "\nVITRO_BEGIN\n\n%sVITRO_API int f(int x);\n\nVITRO_END\n"
        self.passes(text % "/* Does it. */\n", path="include/vitro/a.h")
        self.finds("public-comment", text % "", path="include/vitro/a.h", line=5)

    def test_right_rfc_forms(self):
        self.passes("/* RFC 9293 3.10.7.4, RFC 9293 MUST-10, and RFC 793. */\n")
        self.passes("/* RFC 9293 MUST-10, SHLD-2 and MAY-1: so. */\n")
        self.passes("/* RFC 9293 3.4.1 (MUST-10, SHLD-2), RFC 9293 3.5, MUST-1 */\n")
        self.passes("/*\n * Long words (RFC 9293\n * MUST-10, MUST-1) here.\n */\n")
        self.passes("/* It must be 10, and may be 1. RFC 5961 5 */\n")
        self.passes("// As RFC 9293\n// MUST-10 has it.\n")

    def test_wrong_rfc_forms(self):
        for wrong in ("RFC9293 3.1", "rfc 9293", "RFC-9293", "RFC 9293 section 3.1",
                      "RFC 9293, Section 3", "RFC 9293 \u00a73", "MUST-10", "RFC 9293 MUST 10",
                      "RFC 9293, words, MUST-10",
                      "RFC 9293 MUST10", "RFC 9293 SHOULD-2", "RFC 9293 must-10",
                      "RFC 9293 MUST-999"):
            self.finds("rfc-tag", "/* See %s there. */\n" % wrong)

    def test_text(self):
        self.finds("whitespace", "/* x */ \n")
        self.finds("whitespace", "\tint x(void);\n")
        self.finds("whitespace", "/* a\u00a0b */\n")
        self.finds("whitespace", "/* no line end */", line=2)
        self.finds("columns", "/* %s */\n" % ("x" * 95))
        self.passes("/* %s */\n" % ("x" * 94))

    def test_head_comment(self):
        self.assertIn(("head-comment", 1), self.found("src/tcp/tested.c", "int f(void);\n"))

    def test_unknown_layer(self):
        self.assertIn(("include", 1), self.found("src/attic/tested.c", HEAD))

    def test_pool_may_allocate(self):
        with open(os.path.join(self.folder.name, "tests/unit/test_pool.c"), "w", encoding="utf-8"):
            pass
        self.passes("void f(void)\n{\n    g(calloc(3, 4));\n}\n", path="src/base/pool.c")


if __name__ == "__main__":
    unittest.main()
