"""The commands of the Azure CLI that stand in documents and in the workflow."""

import re
import shlex
from pathlib import Path


def documented(page: Path) -> list[list[str]]:
    """The arguments of each `az …` in the page's shell examples and lines: joined, each variable as `x`."""
    text = page.read_text()
    blocks = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    lines = [" ".join(found.split()) for found in re.findall(r"`(az [^`…]+)`", text)]
    return [found for each in blocks + lines for found in _commands(each)]


def in_workflow(file: Path) -> list[list[str]]:
    """The arguments of each `az …` in what a workflow runs."""
    return _commands(file.read_text())


def _commands(text: str) -> list[list[str]]:
    joined = re.sub(r"\\\n\s*", " ", text)
    lines = re.sub(r"\$(\w+|\{\w+\})", "x", joined).splitlines()
    return [_arguments(found) for line in lines for found in re.findall(r"(?:^|[\s(`\"])az ([a-z].*)", line)]


def _arguments(line: str) -> list[str]:
    """Up to where the shell would end the command: a pipe, a comment, a closing bracket of $( )."""
    plain = re.sub(r"\$\([^()]*\)", "x", line)
    scanner = shlex.shlex(plain, posix=True, punctuation_chars="();<>|&`")
    scanner.whitespace_split = True
    taken = []
    for word in scanner:
        if set(word) <= set("();<>|&`"):
            break
        taken.append(word)
    return taken
