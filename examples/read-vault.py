#!/usr/bin/env python3
"""Reads a vault of authr, from vault-format.md alone.

    read-vault.py FILE (--password-file F | --recovery-code-file F | --keyring-secret HEX | --vault-key HEX)
        prints the accounts, without their secrets
    read-vault.py --vectors FOLDER
        reads every test vector and compares what comes of it with what the vector says

Needs the packages cryptography and argon2-cffi. Section and step numbers are those of vault-format.md.
"""

import argparse
import hashlib
import hmac
import os
import sys
import unicodedata

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

MAX_FILE, MAX_HEADER, MAX_PAYLOAD = 16_842_872, 64 * 1024, 16 * 1024 * 1024
SYMBOLS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ*~$=U"
CRITICAL = 0x8000
WHITE_SPACE = set("\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000") | {chr(c) for c in range(0x2000, 0x200B)}


class Refused(Exception):
    """Why a file does not open; its text is the class, with the section."""


# Section 2: conventions.


def number(value):
    return int.from_bytes(value, "big")


def lp(*parts):
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def hkdf(ikm, salt, info, length):
    key = hmac.digest(salt, ikm, "sha256")
    out, block, count = b"", b"", 0
    while len(out) < length:
        count += 1
        block = hmac.digest(key, block + info + bytes([count]), "sha256")
        out += block
    return out[:length]


def aead_open(key, aad, ciphertext):
    if len(ciphertext) < 16:
        raise InvalidTag
    return ChaCha20Poly1305(key).decrypt(bytes(12), ciphertext, aad)


def fields(data, section, repeating=()):
    """The fields of a list, one at a time: those before a broken one are given first."""
    at, last = 0, 0
    while at < len(data):
        if at + 6 > len(data):
            raise Refused(f"Malformed {section}")
        tag, length = number(data[at : at + 2]), number(data[at + 2 : at + 6])
        if at + 6 + length > len(data):
            raise Refused(f"Malformed {section}")
        if tag < last or (tag == last and tag not in repeating):
            raise Refused(f"Malformed {section}")
        yield tag, data[at + 6 : at + 6 + length]
        at, last = at + 6 + length, tag


def unknown(tag):
    if tag & CRITICAL:
        raise Refused("UnsupportedVersion")


# Section 5: slots.


class Slot:
    LENGTHS = {1: 158, 2: 114, 3: 114}

    def __init__(self, data):
        if len(data) < 2:
            raise Refused("Malformed header")
        self.kind = number(data[:2])
        if self.kind in self.LENGTHS:
            if len(data) != self.LENGTHS[self.kind]:
                raise Refused("Malformed header")
            self.bound, self.commitment, self.wrapped = data[:-80], data[-80:-48], data[-48:]
            self.wrap_salt = self.bound[-32:]
        if self.kind == 1:
            self.memory, self.passes, self.lanes = (number(data[at : at + 4]) for at in (2, 6, 10))
            self.kdf_salt = data[14:46]

    def check_cost(self):
        """Section 6: the floor and the ceiling."""
        if self.memory < 65_536 or self.passes < 3 or self.lanes < 1:
            raise Refused("KdfTooWeak")
        if self.memory > 1024 * 1024 or self.passes > 16 or self.lanes > 4:
            raise Refused("KdfTooExpensive")
        if self.memory * self.passes > 4 * 1024 * 1024:
            raise Refused("KdfTooExpensive")

    def secret(self, offered):
        if self.kind != 1:
            return offered
        password = unicodedata.normalize("NFKC", offered).encode()
        return hash_secret_raw(
            password, self.kdf_salt, self.passes, self.memory, self.lanes, 32, Type.ID, version=0x13
        )

    def unwrap(self, offered, vault_id):
        """VK, or None where the commitment is another."""
        info = lp(b"authr/1/vault/slot", vault_id, self.bound)
        okm = hkdf(self.secret(offered), self.wrap_salt, info, 64)
        if not hmac.compare_digest(okm[32:], self.commitment):
            return None
        try:
            return aead_open(okm[:32], b"", self.wrapped)
        except InvalidTag:
            raise Refused("Tampered slot") from None


def recovery_code(text):
    """Section 5.1."""
    look_alikes = {"O": "0", "I": "1", "L": "1"}
    symbols = [c for c in text if c != "-" and c not in WHITE_SPACE]
    symbols = [c.upper() if "a" <= c <= "z" else c for c in symbols]
    values = [SYMBOLS.find(look_alikes.get(c, c)) for c in symbols]
    if len(values) != 33 or -1 in values or max(values[:32]) > 31:
        raise Refused("BadRecoveryCode")
    whole = 0
    for value in values[:32]:
        whole = whole * 32 + value
    if whole % 37 != values[32]:
        raise Refused("BadRecoveryCode")
    return whole.to_bytes(20, "big")


# Section 8: reading.


def read(data, kind, offered, seen=None):
    """The header and the content, or Refused. `kind` is that of the slots to try; 0 where VK is offered."""
    # Steps 1 to 4.
    if len(data) > MAX_FILE:
        raise Refused("TooLarge")
    if data[:8] != b"AUTHRVLT":
        raise Refused("NotAVault")
    if len(data) < 16:
        raise Refused("Malformed header")
    if number(data[8:10]) != 1:
        raise Refused("UnsupportedVersion")
    length = number(data[12:16])
    if length > MAX_HEADER:
        raise Refused("TooLarge")
    if len(data) < 48 + length:
        raise Refused("Malformed header")
    end = 16 + length
    # Step 5.
    if not hmac.compare_digest(hashlib.sha256(data[:end]).digest(), data[end : end + 32]):
        raise Refused("Tampered header")
    # Steps 6 and 7.
    header = read_header(data[16:end])
    for slot in header["slots"]:
        if slot.kind == 1:
            slot.check_cost()
    # Step 8.
    if len(data) < end + 104:
        raise Refused("Malformed header")
    payload_length = number(data[end + 96 : end + 104])
    if payload_length > MAX_PAYLOAD:
        raise Refused("TooLarge")
    if len(data) != end + 104 + payload_length:
        raise Refused("Malformed payload")
    # Steps 9 and 10.
    vk = offered if kind == 0 else unlock(header, kind, offered)
    # Step 11.
    mac_key = hkdf(vk, header["id"], lp(b"authr/1/vault/header-mac"), 32)
    mac = hmac.digest(mac_key, data[: end + 32], "sha256")
    if not hmac.compare_digest(mac, data[end + 32 : end + 64]):
        raise Refused("Tampered header")
    # Step 12.
    info = lp(b"authr/1/vault/payload", header["id"], header["generation"].to_bytes(8, "big"))
    okm = hkdf(vk, header["salt"], info, 64)
    if not hmac.compare_digest(okm[32:], data[end + 64 : end + 96]):
        raise Refused("Tampered payload")
    try:
        padded = aead_open(okm[:32], data[: end + 96], data[end + 104 :])
    except InvalidTag:
        raise Refused("Tampered payload") from None
    # Steps 13 to 15.
    content = unpad(padded)
    accounts = read_content(content)
    if seen is not None and header["generation"] < seen:
        raise Refused("Rollback")
    return header, content, accounts


def read_header(data):
    section = "header"
    header = {"slots": []}
    for tag, value in fields(data, section, repeating=(0x8004,)):
        if tag == 0x0001:
            header["saved_at"] = number(sized(value, 8, section))
        elif tag == 0x8001:
            header["id"] = sized(value, 16, section)
        elif tag == 0x8002:
            header["generation"] = number(sized(value, 8, section))
            if not 1 <= header["generation"] < 1 << 63:
                raise Refused("Malformed header")
        elif tag == 0x8003:
            header["salt"] = sized(value, 32, section)
        elif tag == 0x8004:
            if len(header["slots"]) == 16:
                raise Refused("Malformed header")
            header["slots"].append(Slot(value))
        else:
            unknown(tag)
    if {"saved_at", "id", "generation", "salt"} - header.keys() or not header["slots"]:
        raise Refused("Malformed header")
    return header


def unlock(header, kind, offered):
    slots = [slot for slot in header["slots"] if slot.kind == kind]
    for slot in slots[:4] if kind == 1 else slots:
        vk = slot.unwrap(offered, header["id"])
        if vk is not None:
            return vk
    raise Refused("NoSlotOpened")


# Section 7: the payload.


def padme(length):
    length = max(1024, length)
    e = length.bit_length() - 1
    s = e.bit_length()
    step = 1 << (e - s)
    return -(-length // step) * step


def unpad(padded):
    length = number(padded[:8])
    content, zeros = padded[8 : 8 + length], padded[8 + length :]
    if len(padded) < 8 or len(content) != length or any(zeros) or len(padded) != padme(8 + length):
        raise Refused("Malformed payload")
    return content


def sized(value, length, section="content"):
    if len(value) != length:
        raise Refused(f"Malformed {section}")
    return value


def require(condition):
    if not condition:
        raise Refused("Malformed content")


def text(value, limit):
    require(1 <= len(value) <= limit)
    try:
        return value.decode("utf-8")
    except UnicodeDecodeError:
        raise Refused("Malformed content") from None


def name(value, limit):
    result = text(value, limit)
    require(not any(c <= "\x1f" or "\x7f" <= c <= "\x9f" for c in result))
    require(result[0] not in WHITE_SPACE and result[-1] not in WHITE_SPACE)
    return result


def within(value, low, high):
    require(low <= number(value) <= high)
    return number(value)


def blob(value, low, high):
    require(low <= len(value) <= high)
    return value


def record(data, readers, carries_unknown=False):
    """A list of fields: each tag with how its value is read, and how often it may stand there."""
    found = {}
    repeating = [tag for tag, (_, most) in readers.items() if most > 1]
    for tag, value in fields(data, "content", repeating):
        if tag not in readers:
            if not carries_unknown:
                raise Refused("UnsupportedVersion")
            unknown(tag)
            continue
        reader, most = readers[tag]
        values = found.setdefault(tag, [])
        require(len(values) < most)
        values.append(reader(value))
    return found


def pin(value):
    result = text(value, 16)
    require(result.isascii() and result.isalnum())
    return result


def algorithm(value):
    if number(sized(value, 1)) not in (1, 2, 3):
        raise Refused("UnsupportedVersion")
    return number(value)


ACCOUNT = {
    0x0001: (lambda v: name(v, 256), 1),
    0x0002: (lambda v: name(v, 256), 1),
    0x0003: (lambda v: text(v, 4096), 1),
    0x0004: (lambda v: name(v, 64), 32),
    0x0005: (lambda v: text(v, 64), 1),
    0x0006: (lambda v: sized(v, 0), 1),
    0x0007: (lambda v: number(sized(v, 8)), 1),
    0x0008: (lambda v: number(sized(v, 8)), 1),
    0x0009: (lambda v: number(sized(v, 8)), 1),
    0x000A: (lambda v: blob(v, 1, 128), 2),
    0x8001: (lambda v: sized(v, 16), 1),
    0x8002: (lambda v: number(sized(v, 1)), 1),
    0x8003: (lambda v: blob(v, 1, 128), 1),
    0x8004: (algorithm, 1),
    0x8005: (lambda v: within(sized(v, 1), 5, 10), 1),
    0x8006: (lambda v: within(sized(v, 4), 1, 86_400), 1),
    0x8007: (lambda v: within(sized(v, 8), 0, 1 << 48), 1),
    0x8008: (pin, 1),
}
# Which of the fields from 0x8004 on a kind has, and which it may have.
KINDS = {
    1: ("totp", {0x8004, 0x8005, 0x8006}, set()),
    2: ("hotp", {0x8004, 0x8005, 0x8007}, set()),
    3: ("native", set(), set()),
    4: ("steam", set(), set()),
    5: ("motp", set(), {0x8008}),
    6: ("yandex", set(), {0x8008}),
}


def account(data):
    """Section 7.3."""
    found = record(data, ACCOUNT, carries_unknown=True)
    require(0x8002 in found)
    kind = found[0x8002][0]
    if kind not in KINDS:
        raise Refused("UnsupportedVersion")
    _, needs, may = KINDS[kind]
    require({tag for tag in found if 0x8004 <= tag <= 0x8008} - may == needs)
    require({0x0007, 0x0008, 0x8001, 0x8003} <= found.keys())
    return found


def device_list(value):
    at, count = 0, 0
    while at < len(value):
        require(at + 4 <= len(value))
        length = number(value[at : at + 4])
        require(1 <= length <= 2048 and at + 4 + length <= len(value))
        at, count = at + 4 + length, count + 1
        require(count <= 2048)
    return value


def ascending(values):
    require(all(one < other for one, other in zip(values, values[1:])))


def known(value):
    """Section 7.5: what is known of a record; its id."""
    fixed = 16 + 8 + 1 + 32 + 8 + 32 + 24 + 24 + 1
    require(len(value) >= fixed)
    flags, there, count = value[24], value[25:57], value[fixed - 1]
    require(flags <= 7 and (flags & 1 or not any(there)))
    require(count <= 16 and len(value) == fixed + 24 * count)
    ascending([value[fixed + 24 * at : fixed + 24 * (at + 1)] for at in range(count)])
    return value[:16]


def state(data):
    """Section 7.5."""
    found = record(
        data,
        {
            0x8001: (lambda v: number(sized(v, 8)), 1),
            0x8002: (lambda v: sized(v, 20), 1),
            0x8003: (lambda v: sized(v, 56)[:16], 2048),
            0x8004: (known, 20_000),
            0x8005: (lambda v: blob(v, 24, 24 + 16 * 1024)[:16], 64),
        },
    )
    require(0x8001 in found)
    for tag in (0x8003, 0x8004, 0x8005):
        ascending(found.get(tag, []))
    return found


def identity(data):
    """Section 7.4."""
    found = record(
        data,
        {
            0x8001: (lambda v: text(v, 256), 1),
            0x8002: (lambda v: blob(v, 1, 65_536), 1),
            0x8003: (lambda v: sized(v, 32), 1),
            0x8004: (lambda v: sized(v, 32), 1),
            0x8005: (lambda v: text(v, 16), 1),
            0x8006: (lambda v: sized(v, 16), 1),
            0x8007: (lambda v: sized(v, 32), 1),
            0x8008: (lambda v: sized(v, 32), 1),
            0x8009: (device_list, 1),
            0x800A: (lambda v: number(sized(v, 8)), 1),
            0x800B: (state, 1),
            0x800C: (lambda v: sized(v, 36), 1),
        },
    )
    require(set(range(0x8001, 0x800D)) - {0x8002} <= found.keys())
    return found


def request(data):
    """Section 7.6."""
    found = record(
        data,
        {
            0x8001: (lambda v: number(sized(v, 1)), 1),
            0x8002: (lambda v: sized(v, 16), 1),
            0x8003: (lambda v: blob(v, 1, 4 * 1024 * 1024), 1),
            0x8004: (lambda v: number(sized(v, 8)), 1),
            0x8005: (lambda v: sized(v, 32), 1),
            0x8006: (lambda v: sized(v, 16), 1),
            0x8007: (lambda v: sized(v, 32), 1),
            0x8008: (lambda v: sized(v, 32), 1),
            0x8009: (identity, 1),
        },
    )
    require({0x8001, 0x8002, 0x8003} <= found.keys())
    needs = {1: {0x8006, 0x8007, 0x8008, 0x8009}, 2: {0x8004, 0x8005}, 3: set()}
    kind = found[0x8001][0]
    if kind not in needs:
        raise Refused("UnsupportedVersion")
    require({tag for tag in found if tag >= 0x8004} == needs[kind])
    return found


def read_content(data):
    """Section 7.2: the accounts."""
    readers = {0x8001: (account, 10_000), 0x8002: (identity, 1), 0x8003: (request, 1)}
    accounts = record(data, readers, carries_unknown=True).get(0x8001, [])
    ids = [found[0x8001][0] for found in accounts]
    require(len(ids) == len(set(ids)))
    return accounts


# Section 12: the vectors.

OFFERS = {
    "password": (1, lambda value: value),
    "recovery-code": (2, recovery_code),
    "keyring-secret": (3, bytes.fromhex),
    "vault-key": (0, bytes.fromhex),
}


def outcome(vector, data):
    data = data.ljust(int(vector.get("extend-to", 0)), b"\0")
    seen = int(vector["seen"]) if "seen" in vector else None
    [what] = OFFERS.keys() & vector.keys()
    kind, parse = OFFERS[what]
    try:
        header, content, _ = read(data, kind, parse(vector[what]), seen)
    except Refused as refused:
        return str(refused)
    digest = hashlib.sha256(content).hexdigest()
    return f"Opened {header['generation']} {header['saved_at']} {digest}"


def check_vectors(folder):
    wrong, names = 0, sorted(os.listdir(folder))
    for file in names:
        with open(os.path.join(folder, file), "rb") as opened:
            head, data = opened.read().split(b"\n\n", 1)
        vector = dict(line.split(": ", 1) for line in head.decode().split("\n"))
        came = outcome(vector, data)
        if came != vector["expect"]:
            wrong += 1
            print(f"{file}: {came}, not {vector['expect']}", file=sys.stderr)
    print(f"{len(names) - wrong} vectors read as they say, {wrong} not")
    return 1 if wrong or not names else 0


def print_accounts(accounts):
    for found in accounts:
        issuer, label = (found.get(tag, [""])[0] for tag in (1, 2))
        trashed = " (in the trash)" if 0x0009 in found else ""
        kind = KINDS[found[0x8002][0]][0]
        shown = (issuer + ":" + label).strip(":")
        print("".join(c if c.isprintable() else "?" for c in shown), kind + trashed, sep="\t")


def first_line(path):
    with open(path, encoding="utf-8", newline="") as opened:
        return opened.read().removesuffix("\n").removesuffix("\r")


def main():
    parser = argparse.ArgumentParser(description="Reads a vault of authr.")
    parser.add_argument("file", nargs="?")
    offer = parser.add_mutually_exclusive_group(required=True)
    offer.add_argument("--vectors", metavar="FOLDER")
    offer.add_argument("--password-file")
    offer.add_argument("--recovery-code-file")
    offer.add_argument("--keyring-secret")
    offer.add_argument("--vault-key")
    arguments = parser.parse_args()
    if arguments.vectors:
        return check_vectors(arguments.vectors)
    if arguments.file is None:
        parser.error("which file?")
    with open(arguments.file, "rb") as opened:
        data = opened.read(MAX_FILE + 1)
    try:
        if arguments.password_file:
            kind, offered = 1, first_line(arguments.password_file)
        elif arguments.recovery_code_file:
            kind, offered = 2, recovery_code(first_line(arguments.recovery_code_file))
        elif arguments.keyring_secret:
            kind, offered = 3, bytes.fromhex(arguments.keyring_secret)
        else:
            kind, offered = 0, bytes.fromhex(arguments.vault_key)
        _, _, accounts = read(data, kind, offered)
    except Refused as refused:
        print(f"{arguments.file}: {refused}", file=sys.stderr)
        return 1
    print_accounts(accounts)
    return 0


if __name__ == "__main__":
    sys.exit(main())
