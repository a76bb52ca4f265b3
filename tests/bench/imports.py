#!/usr/bin/env python3
"""Prints how long an import of 10 000 entries takes, and how much memory, for each format that authr writes and reads
(10 000 QR codes on a page are more than a file may have).

    cargo build --release && tests/bench/imports.py target/release/authr

For each file: the time of reading it (`import --dry-run`), that of the same file with one entry, which is the file's own KDF
and the start of the program, and the difference; the most memory; then the same for an import into a new vault, whose own
KDF is in both. A line ends in TOO SLOW or TOO LARGE where the difference is over 1 s, or reading took more than 200 MiB.
"""

import argparse
import os
import sys
import tempfile
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from commands import Vault, private

ENTRIES = 10_000
FORMATS = "otpauth json ente google freeotp-plus aegis 2fas andotp stratum proton bitwarden".split()
SEALED = {"ente", "aegis", "2fas", "andotp", "stratum", "proton", "bitwarden"}
FILE_PASSWORD = "the file's own"


def run(command):
    """Seconds, and the most memory in MiB."""
    begun = time.perf_counter()
    quiet = os.open(os.devnull, os.O_WRONLY)
    actions = [(os.POSIX_SPAWN_DUP2, quiet, 1), (os.POSIX_SPAWN_DUP2, quiet, 2)]
    child = os.posix_spawn(command[0], command, os.environ, file_actions=actions)
    _, status, used = os.wait4(child, 0)
    os.close(quiet)
    if status != 0:
        sys.exit(f"failed: {' '.join(command)}")
    return time.perf_counter() - begun, used.ru_maxrss / 1024


def best(command, before=lambda: None, times=3):
    """The fastest of some runs, and the most memory of any."""
    seconds, memory = [], []
    for _ in range(times):
        before()
        one = run(command)
        seconds.append(one[0])
        memory.append(one[1])
    return min(seconds), max(memory)


def written(vault, name, sealed, file_password):
    path = os.path.join(vault.folder, f"{name}-{'sealed' if sealed else 'plain'}-{vault.accounts}")
    how = ["--file-password-file", file_password] if sealed else ["--plaintext"]
    arguments = ["export", "-o", path, "--format", name, *how]
    vault.run([*arguments, "--yes"], "--password-file", vault.password)
    return path


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("authr", help="the program, a release build")
    parser.add_argument("formats", nargs="*", default=FORMATS)
    arguments = parser.parse_args()
    authr = os.path.abspath(arguments.authr)
    missed = False
    with tempfile.TemporaryDirectory() as folder:
        file_password = private(folder, "file-password", FILE_PASSWORD)
        few = Vault(authr, folder, "few", 1)
        many = Vault(authr, folder, "many", ENTRIES)
        print(f"{'file':20} {'size':>9} {'read':>8} {'one':>8} {'rest':>8} {'memory':>9} {'import':>8} {'rest':>8} {'memory':>9}")
        for name in arguments.formats:
            for sealed in [False, True] if name in SEALED else [False]:
                paths = [written(vault, name, sealed, file_password) for vault in (few, many)]
                size = os.path.getsize(paths[1]) / 2**20
                home = os.path.join(folder, "fresh")
                fresh = lambda: os.system(f"rm -rf '{home}'")
                opened = ["--file-password-file", file_password] if sealed else []
                reading = [best([authr, "--home", home, "import", path, "--dry-run", "--json", *opened]) for path in paths]
                taking = [
                    best([authr, "--home", home, "--password-file", many.password, "import", path, "--yes", *opened], fresh)
                    for path in paths
                ]
                rest, memory = reading[1][0] - reading[0][0], reading[1][1]
                taken = taking[1][0] - taking[0][0]
                verdict = " TOO SLOW" * (max(rest, taken) > 1) + " TOO LARGE" * (memory > 200)
                missed |= bool(verdict)
                print(
                    f"{name + (' sealed' if sealed else ''):20} {size:5.1f} MiB {reading[1][0]:6.2f} s {reading[0][0]:6.2f} s "
                    f"{rest:6.2f} s {memory:5.0f} MiB {taking[1][0]:6.2f} s {taken:6.2f} s {taking[1][1]:5.0f} MiB{verdict}",
                    flush=True,
                )
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
