#!/usr/bin/env python3
"""Prints how long whole commands take, beside the peers that are installed here.

    cargo build --release --locked && tests/bench/commands.py target/release/authr

Medians of whole processes. A vault is opened by its recovery code where the key derivation of a password is to be left
out, so that the rest can be seen. Times are of one machine; how they compare carries over.
"""

import argparse
import base64
import os
import shutil
import statistics
import subprocess
import tempfile
import time

PASSWORD = "sunlit-harbour-quarry-lemon-41"
SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"


class Vault:
    """A home with so many accounts."""

    def __init__(self, authr, folder, accounts):
        self.authr, self.home = authr, os.path.join(folder, f"home-{accounts}")
        self.password = self.file(folder, f"password-{accounts}", PASSWORD)
        lines = (
            f"otpauth://totp/Issuer{n}:name{n}x?issuer=Issuer{n}&secret="
            + base64.b32encode(n.to_bytes(20, "big")).decode()
            for n in range(1, accounts + 1)
        )
        self.list = self.file(folder, f"list-{accounts}", "\n".join(lines) + "\n")
        self.run(["import", self.list, "--yes"])
        code = self.run(["recovery", "new", "--yes", "--json"])
        code = code.split('"recovery_code":"')[1].split('"')[0]
        self.code = self.file(folder, f"code-{accounts}", code)

    @staticmethod
    def file(folder, name, text):
        path = os.path.join(folder, name)
        with open(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write(text)
        return path

    def run(self, arguments):
        command = self.command(arguments, "--password-file", self.password)
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout

    def command(self, arguments, *opened_by):
        return [self.authr, "--home", self.home, "--quiet", *opened_by, *arguments]

    def quick(self, arguments):
        """Without the key derivation."""
        return self.command(arguments, "--recovery-code-file", self.code)

    def slow(self, arguments):
        return self.command(arguments, "--password-file", self.password)


def median(command, runs):
    """The median of so many runs, in milliseconds. A `{}` in the command becomes the number of the run."""
    times = []
    for run in range(runs + 1):
        numbered = [part.replace("{}", str(run)) for part in command]
        begun = time.perf_counter()
        subprocess.run(numbered, check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
        times.append((time.perf_counter() - begun) * 1000)
    # The first one finds nothing in the caches.
    return statistics.median(times[1:])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("authr", help="the program, built for release")
    parser.add_argument("--runs", type=int, default=40, help="runs of each command (40)")
    parser.add_argument("--many", type=int, default=10_000, help="accounts of the large vault (10000)")
    options = parser.parse_args()
    authr = os.path.abspath(options.authr)
    with tempfile.TemporaryDirectory() as folder:
        few, many = (Vault(authr, folder, accounts) for accounts in (10, options.many))
        rows = []
        oathtool = shutil.which("oathtool")
        if oathtool:
            rows.append(("oathtool, secret on the command line", [oathtool, "-b", "--totp", SECRET]))
        for vault, accounts in ((few, 10), (many, options.many)):
            code = ["code", "name7x"]
            rows.append((f"code NAME, {accounts} accounts, password", vault.slow(code)))
            rows.append((f"code NAME, {accounts} accounts, no KDF", vault.quick(code)))
        rows.append((f"list --codes, {options.many} accounts, no KDF", many.quick(["list", "--codes"])))
        edit = ["edit", "name7x", "--note", "run {}"]
        rows.append((f"save one edit, {options.many} accounts, no KDF", many.quick(edit)))
        dry = [authr, "import", many.list, "--dry-run", "--quiet"]
        rows.append((f"read {options.many} URIs (import --dry-run)", dry))
        measured = [(name, median(command, options.runs)) for name, command in rows]
    base = measured[0][1] if oathtool else None
    print(f"| whole process, median of {options.runs} | ms | × oathtool |\n|---|---|---|")
    for name, milliseconds in measured:
        ratio = f"{milliseconds / base:.1f}" if base else "-"
        print(f"| {name} | {milliseconds:.2f} | {ratio} |")


if __name__ == "__main__":
    main()
