#!/usr/bin/env python3
"""Prints how long whole commands take, and how much memory the agent has, beside the peers that are installed here.

    cargo static && tests/bench/commands.py target/x86_64-unknown-linux-gnu/release/authr

Medians of whole processes; commands that are compared take turns, so that what slows the machine slows all of them. What
takes a millisecond takes turns with its like: between commands that fill all caches it would measure those. A vault is opened
by its recovery code where the key derivation of a password is to be left out, so that the rest can be seen. Times are of
one machine; how they compare carries over.
"""

import argparse
import base64
import json
import os
import pty
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

PASSWORD = "sunlit-harbour-quarry-lemon-41"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


def secret(number):
    return base64.b32encode(number.to_bytes(20, "big")).decode()


def private(folder, name, text):
    """A file that others cannot read, and its path."""
    path = os.path.join(folder, name)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(text)
    return path


def otpauth(number):
    return f"otpauth://totp/Issuer{number}:name{number}x?issuer=Issuer{number}&secret={secret(number)}"


def links(folder, accounts):
    """A file with so many otpauth:// links."""
    lines = (otpauth(n) + "\n" for n in range(1, accounts + 1))
    return private(folder, f"links-{accounts}", "".join(lines))


class Vault:
    """A home with so many accounts."""

    def __init__(self, authr, folder, name, accounts):
        self.authr, self.folder, self.accounts = authr, folder, accounts
        self.home = os.path.join(folder, f"home-{name}")
        self.password = private(folder, "password", PASSWORD)
        self.run(["import", links(folder, accounts), "--yes"], "--password-file", self.password)
        made = self.run(["recovery", "new", "--yes", "--json"], "--password-file", self.password)
        self.code = private(folder, f"code-{name}", json.loads(made)["recovery_code"])

    def run(self, arguments, *opened_by):
        command = self.command(arguments, *opened_by)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def command(self, arguments, *opened_by):
        return [self.authr, "--home", self.home, *opened_by, *arguments]

    def without_kdf(self, arguments):
        return self.command(arguments, "--recovery-code-file", self.code, "--quiet")

    def with_password(self, arguments):
        return self.command(arguments, "--password-file", self.password, "--quiet")

    def by_agent(self, arguments):
        return self.command(arguments, "--quiet")

    def unlock(self):
        self.run(["unlock"], "--password-file", self.password)
        return json.loads(self.run(["agent", "status", "--json"]))["process"]

    def lock(self):
        subprocess.run(self.command(["lock"]), capture_output=True)


def timed(command, stdin=os.devnull):
    """Milliseconds from the start of a process to its end."""
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, stdin, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0),
    ]
    begun = time.perf_counter()
    process = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status = os.waitpid(process, 0)
    ended = time.perf_counter()
    if status != 0:
        sys.exit(f"{' '.join(command)} failed")
    return (ended - begun) * 1000


def medians(rows, runs):
    """The median of each row in milliseconds. A `{}` in a command becomes the number of the run."""
    times = [[] for _ in rows]
    for run in range(runs + 1):
        for (_, command, before, *stdin), found in zip(rows, times):
            if before:
                before()
            found.append(timed([part.replace("{}", str(run)) for part in command], *stdin))
    # The first ones found nothing in the caches.
    return [statistics.median(found[1:]) for found in times]


def resident(process):
    """MiB of memory that a process has."""
    with open(f"/proc/{process}/status") as status:
        lines = dict(line.split(":", 1) for line in status)
    return int(lines["VmRSS"].split()[0]) / 1024


CODE = ["code", "name7x"]


def quick_rows(few, many):
    rows = []
    if oathtool := shutil.which("oathtool"):
        rows.append(("oathtool, secret on the command line", [oathtool, "-b", "--totp", SECRET], None))
    for vault in (few, many):
        rows.append((f"`code NAME`, agent, {vault.accounts} accounts", vault.by_agent(CODE), None))
    return rows


def slow_rows(few, many, edited, folder):
    n = many.accounts
    empty = os.path.join(folder, "empty")
    fresh = os.path.join(folder, "fresh")
    one = Vault(few.authr, folder, "one", 1)
    shutil.copytree(one.home, empty)

    def anew():
        shutil.rmtree(fresh, ignore_errors=True)
        shutil.copytree(empty, fresh)

    bring = [one.authr, "--home", fresh, "--recovery-code-file", one.code, "--quiet"]
    bring += ["import", links(folder, n), "--yes"]
    edit = ["edit", "name7x", "--note", "run {}"]
    return [
        (f"`code NAME`, password, {few.accounts} accounts", few.with_password(CODE), None),
        (f"`code NAME`, password, {n} accounts", many.with_password(CODE), None),
        (f"`code NAME`, {n} accounts, no KDF", many.without_kdf(CODE), None),
        (f"`list --codes`, agent, {n} accounts", many.by_agent(["list", "--codes"]), None),
        (f"`edit` of one of {n} accounts, agent", edited.by_agent(edit), None),
        (f"`edit` of one of {n} accounts, no KDF", edited.without_kdf(edit), None),
        (f"`import` of {n} links, no KDF", bring, anew),
    ]


def rows_of_cotp(folder, sizes, password):
    if not (cotp := shutil.which("cotp")):
        return []
    version = subprocess.run([cotp, "--version"], check=True, capture_output=True, text=True).stdout.strip()
    rows = []
    for accounts in sizes:
        listed = {"items": [otpauth(n) for n in range(1, accounts + 1)]}
        source = private(folder, f"cotp-{accounts}.json", json.dumps(listed))
        database = [cotp, "--database-path", os.path.join(folder, f"cotp-{accounts}.db")]
        # A new database takes its password from a terminal alone.
        typed([*database, "import", "--otp-uri", "--path", source], [PASSWORD] * 2)
        code = [*database, "--password-stdin", "extract", "--label", CODE[1]]
        rows.append((f"{version}, password, {accounts} accounts", code, None, password))
    return rows


def typed(command, answers):
    """Runs a command on a terminal of its own and answers each of its prompts."""
    process, terminal = pty.fork()
    if process == 0:
        os.execv(command[0], command)
    said = b""
    for answer in answers:
        while not said.endswith(b": "):
            said += os.read(terminal, 1024)
        said = b""
        os.write(terminal, answer.encode() + b"\n")
    try:
        while said := os.read(terminal, 1024):
            pass
    except OSError:
        pass  # how Linux tells that nobody is left on the other side
    if os.waitpid(process, 0)[1] != 0:
        sys.exit(f"{' '.join(command)} failed: {said.decode(errors='replace')}")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("authr", help="the program, built for release")
    parser.add_argument("--runs", type=int, default=40, help="runs of each command (40)")
    parser.add_argument("--many", type=int, default=10_000, help="accounts of the large vault (10000)")
    options = parser.parse_args()
    authr = os.path.abspath(options.authr)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["XDG_RUNTIME_DIR"] = folder
        few = Vault(authr, folder, "few", 10)
        many = Vault(authr, folder, "many", options.many)
        # One of its own: an agent reads what another process has saved.
        edited = Vault(authr, folder, "edited", options.many)
        agents = [(vault, vault.unlock()) for vault in (few, many, edited)]
        try:
            fresh = [resident(process) for _, process in agents]
            rows = quick_rows(few, many)
            measured = medians(rows, options.runs)
            slow = slow_rows(few, many, edited, folder)
            slow += rows_of_cotp(folder, (few.accounts, many.accounts), many.password)
            measured += medians(slow, options.runs)
            rows += slow
            used = [resident(process) for _, process in agents]
        finally:
            for vault, _ in agents:
                vault.lock()
    base = measured[0] if rows[0][0].startswith("oathtool") else None
    print(f"| whole process, median of {options.runs} | ms | × oathtool |\n|---|---|---|")
    for (name, *_), milliseconds in zip(rows, measured):
        ratio = f"{milliseconds / base:.2f}" if base and milliseconds < 20 * base else ""
        print(f"| {name} | {milliseconds:.2f} | {ratio} |")
    print("\n| memory of the agent | MiB at first | MiB after all of this |\n|---|---|---|")
    for (vault, _), first, last in zip(agents, fresh, used):
        what = f"{vault.accounts} accounts" + (", edited" if vault is edited else "")
        print(f"| {what} | {first:.1f} | {last:.1f} |")


if __name__ == "__main__":
    main()
