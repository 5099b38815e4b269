#!/usr/bin/env python3
"""Man pages, completions and the AppArmor profile say what the program is like."""

import os
import re
import shutil
import subprocess
import sys

import harness
from harness import Options

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
COMMANDS = ("run", "lab", "doctor")
BASH = os.path.join(ROOT, "completions", "vitro.bash")
ZSH = os.path.join(ROOT, "completions", "_vitro")
PROFILE = os.path.join(ROOT, "packaging", "apparmor", "vitro")


def read(*names):
    with open(os.path.join(ROOT, *names), encoding="utf-8") as file:
        return file.read()


def output(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=True,
                          timeout=harness.DEADLINE_S, **options).stdout


def options_of(command):
    """Every option that --help lists, as it is written: --name, and -c."""
    found = []
    for line in output(Options.vitro, command, "--help", "--lang", "en").splitlines():
        match = re.match(r"  (-\w|  ) (--[a-z0-9-]+)", line)
        if match:
            found += [word for word in match.groups() if word.strip()]
    return found


def names_in_man(command):
    """What a man page writes in bold, without its escapes."""
    return set(re.findall(r"(?<![\w-])--?[a-zA-Z0-9][a-z0-9-]*",
                          read("man", "vitro-%s.1" % command).replace("\\-", "-")))


class ManualTest(harness.Case):
    def test_output_that_cannot_be_written(self):
        for words in (["--help"], ["--version"], ["help", "run"], ["lab", "--list"], ["doctor"]):
            with open("/dev/full", "w") as full:
                run = subprocess.run([Options.vitro, *words], stdout=full, stderr=subprocess.PIPE,
                                     text=True, timeout=harness.DEADLINE_S, check=False,
                                     env={**os.environ, "LC_ALL": "C"})
            self.assertEqual(run.returncode, 1, words)
            self.assertRegex(run.stderr, r"standard output: No space left on device\n$")
            self.assertEqual(run.stderr.count("\n"), 1, words)

    def test_man_pages_have_every_option(self):
        for command in COMMANDS:
            listed = options_of(command)
            self.assertGreater(len(listed), 2)
            missing = set(listed) - names_in_man(command)
            if command == "lab":
                missing -= {"--help", "-h"}
            self.assertEqual(missing, set(), command)

    def test_man_pages_name_no_other_option(self):
        """Of their own OPTIONS sections."""
        for command in COMMANDS:
            page = read("man", "vitro-%s.1" % command).replace("\\-", "-")
            section = re.search(r'^\.SH OPTIONS\n(.*?)^\.SH ', page, re.S | re.M).group(1)
            heads = re.findall(r"^\.TP\n(\.B.*)", section, re.M)
            named = set(re.findall(r"(?<![\w-])--[a-z][a-z0-9-]*", "\n".join(heads)))
            self.assertEqual(named - set(options_of(command)), set(), command)

    def test_man_pages_format(self):
        self.need("man")
        for name in sorted(os.listdir(os.path.join(ROOT, "man"))):
            done = subprocess.run(["man", "--warnings=w", "-l", os.path.join(ROOT, "man", name)],
                                  capture_output=True, text=True, check=False,
                                  env={**os.environ, "LC_ALL": "C", "MANPAGER": "cat"})
            self.assertEqual((done.returncode, done.stderr), (0, ""), name)
            self.assertIn("SYNOPSIS", done.stdout)

    def test_every_command_has_a_page(self):
        help_text = output(Options.vitro, "--help", env={"LC_ALL": "C"})
        listed = re.findall(r"^  (\w+) ", help_text, re.M)
        self.assertEqual(set(listed), set(COMMANDS))
        for command in listed:
            self.assertIn("vitro\\-%s (1)" % command, read("man", "vitro.1"))

    def test_help_knows_what_is_no_command(self):
        """Whoever mistypes it meets what he would meet without `help`."""
        for words in (["rnu"], ["nothing"]):
            results = [subprocess.run([Options.vitro, *more, *words], capture_output=True,
                                      text=True, check=False, env={"LC_ALL": "C"})
                       for more in ([], ["help"])]
            self.assertEqual(results[0].returncode, 2)
            self.assertEqual(results[1].returncode, 2, words)
            self.assertEqual(results[1].stderr, results[0].stderr)
            self.assertEqual(results[1].stdout, "")

    def test_exit_statuses_and_keys_are_documented(self):
        page = read("man", "vitro-run.1")
        run = self.good("bash", "-c", "exec 3<>/dev/tcp/demo.vitro/13")
        for thing in run.objects:
            for key in thing:
                self.assertRegex(page, r"\b%s\b" % key)
        source = read("src", "cli", "run_json.c")
        for key in re.findall(r'set\w*\(\w+, "(\w+)"', source):
            self.assertRegex(page, r"\b%s\b" % key)

    def complete(self, *words):
        """What bash offers for the last word; the words are cut as bash cuts them."""
        script = ('source "$0"; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _vitro; '
                  'printf "%s\\n" "${COMPREPLY[@]}"')
        out = output("bash", "--norc", "-c", script, BASH, *words, cwd=self.folder)
        return out.split()

    def test_bash_knows_every_option(self):
        self.need("bash")
        for command in COMMANDS:
            offered = self.complete("vitro", command, "-")
            self.assertEqual(sorted(offered), sorted(options_of(command)), command)

    def test_bash_completes(self):
        self.need("bash")
        with open(os.path.join(self.folder, "a file.pcapng"), "w", encoding="ascii"):
            pass
        for words, wanted in (
                (["vitro", "d"], "doctor"),
                (["vitro", "run", "--print", ""], "notable all none"),
                (["vitro", "run", "--print", "=", "no"], "notable none"),
                (["vitro", "run", "-q", "--device", "p"], "packet"),
                (["vitro", "run", "-qw", "a"], "a file.pcapng"),
                (["vitro", "run", "-p", "8080", ":", "80", "--js"], "--json"),
                (["vitro", "run", "-p", "[", "::", "1]", ":", "80", "--js"], "--json"),
                (["vitro", "run", "--lang", "zh", "unshar"], "unshare"),
                (["vitro", "run", "--", "unshar"], "unshare"),
                (["vitro", "run", "cat", "a"], "a file.pcapng"),
                (["vitro", "run", "--", "cat", "--prin"], ""),
                ([Options.vitro, "lab", "uplo"], "upload"),
                (["vitro", "lab", "upload", "--at", ""], "client server both"),
                (["vitro", "doctor", "--off"], "--offline"),
                (["vitro", "nothing", "--"], "")):
            self.assertEqual(" ".join(self.complete(*words)), wanted, words)

    def test_bash_knows_choices_and_scenes(self):
        self.need("bash")
        scenes = [line.split()[0] for line in output(Options.vitro, "lab", "--list").splitlines()]
        self.assertEqual(sorted(self.complete(Options.vitro, "lab", "")), sorted(scenes))
        for command, option in (("run", "print"), ("run", "device"), ("lab", "cc"), ("lab", "at")):
            said = subprocess.run([Options.vitro, command, "--" + option, "?", "--lang", "en"],
                                  capture_output=True, text=True, check=False,
                                  env={"LC_ALL": "C"}).stderr
            choices = said.strip().rpartition("choose one of ")[2].split(", ")
            self.assertEqual(sorted(self.complete("vitro", command, "--" + option, "")),
                             sorted(choices), said)

    def test_zsh_knows_every_option(self):
        text = read("completions", "_vitro")
        for command in COMMANDS:
            body = re.search(r"^_vitro_%s\(\) \{\n(.*?)^\}" % command, text, re.S | re.M).group(1)
            named = {word.rstrip("=+") for word in
                     re.findall(r"(?<![\w-])(--[a-z][a-z0-9-]*=?|-[a-zA-Z0-9]\+?)(?=[\[,}])", body)}
            self.assertEqual(named, set(options_of(command)), command)

    def test_zsh_reads_it(self):
        self.need("zsh")
        output("zsh", "-f", "-n", ZSH)

    def test_apparmor_reads_the_profile(self):
        program = shutil.which("apparmor_parser", path="/usr/sbin:/sbin:/usr/bin")
        if program is None:
            self.skipTest("apparmor_parser is not installed")
        text = read("packaging", "apparmor", "vitro")
        self.assertIn("profile vitro /usr/{local/,}bin/vitro flags=(unconfined) {", text)
        if not os.path.exists("/etc/apparmor.d/abi/4.0"):  # before version 4 the rule is unknown
            text = re.sub(r"^ *userns,\n", "", text.replace("abi/4.0", "abi/3.0"), flags=re.M)
        path = os.path.join(self.folder, "vitro")
        with open(path, "w", encoding="ascii") as file:
            file.write(text)
        done = subprocess.run([program, "-Q", "-K", path], capture_output=True, text=True,
                              check=False)
        self.assertEqual(done.returncode, 0, done.stderr)


if __name__ == "__main__":
    sys.exit(harness.main(__name__))
