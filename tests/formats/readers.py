"""Reads what authr wrote for other programs, from what those publish of their files and with none of authr's code.

readers.py FOLDER PASSWORD TIME: reads every file, named TARGET.plain or TARGET.sealed, and prints a JSON object of lists: for
each account "issuer | label | kind | secret in hexadecimal | code at TIME". Codes and otpauth URIs are pyotp's, ciphers and KDFs
of cryptography, argon2-cffi and PyNaCl, Google's batches of protobuf, the QR codes of the page of zbarimg.
"""

import base64
import csv
import hashlib
import html
import io
import json
import os
import re
import struct
import subprocess
import sys
import tempfile
from urllib.parse import parse_qs, unquote, urlsplit

import pyotp
from argon2.low_level import Type, hash_secret_raw
from cryptography.hazmat.primitives import hashes, hmac, padding
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand
from cryptography.hazmat.primitives.kdf.pbkdf2 import PBKDF2HMAC
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from nacl import bindings as sodium
from pyotp.contrib import Steam

# Services hand out shorter secrets than the 112 bits that it asks for.
pyotp.OTP.min_secret_length_bits = 8


def b32(text):
    text = text.upper().replace(" ", "").rstrip("=")
    return base64.b32decode(text + "=" * (-len(text) % 8))


def line(issuer, label, kind, secret, at, algorithm="SHA1", digits=6, period=30, counter=None, pin=None):
    """An account, with its code where pyotp has codes of its kind."""
    text = base64.b32encode(secret).decode().rstrip("=")
    digest = {"SHA1": hashlib.sha1, "SHA256": hashlib.sha256, "SHA512": hashlib.sha512}.get(algorithm)
    match kind:
        case "totp":
            code = pyotp.TOTP(text, digits=digits, digest=digest, interval=period).at(at)
        case "hotp":
            code = pyotp.HOTP(text, digits=digits, digest=digest).at(counter)
        case "steam":
            code = Steam(text).at(at)
        case _:
            code = f"PIN {pin}"
    return f"{issuer} | {label} | {kind} | {secret.hex()} | {code}"


# Texts.


def uri(text, at):
    """A URI: pyotp's own parser for what it knows, names and PIN by hand for the others."""
    parts = urlsplit(text)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    if parts.scheme == "motp":
        issuer, label = unquote(parts.netloc + parts.path).split(":")
        return line(issuer, label, "motp", query["secret"].encode(), at, pin=query["pin"])
    kind = {"yaotp": "yandex"}.get(parts.netloc, parts.netloc)
    if kind in ("totp", "hotp") and query.get("encoder") != "steam":
        query.pop("codeDisplay", None)
        otp = pyotp.parse_uri(re.sub("&(codeDisplay|tags)=[^&]*", "", text))
        code = otp.at(at) if kind == "totp" else otp.at(0)
        return f"{otp.issuer or ''} | {otp.name} | {kind} | {b32(otp.secret).hex()} | {code}"
    kind = "steam" if query.get("encoder") == "steam" else kind
    label = unquote(parts.path[1:])
    issuer = query.get("issuer", "")
    label = label.removeprefix(issuer + ":")
    return line(issuer, label, kind, b32(query["secret"]), at, pin=query.get("pin"))


def uri_list(text, at):
    return [uri(one, at) for one in text.splitlines()]


def zbarimg(path):
    """The text of a code drawn as a path of squares."""
    side = int(re.search(r'viewBox="0 0 (\d+)', path).group(1))
    dark = {(int(x), int(y)) for x, y in re.findall(r"M(\d+) (\d+)h1v1h-1z", path)}
    scale = 4
    row = lambda y: b"".join((b"\x00" if (x, y) in dark else b"\xff") * scale for x in range(side))
    pixels = b"".join(row(y) * scale for y in range(side))
    with tempfile.NamedTemporaryFile(suffix=".pgm") as picture:
        picture.write(b"P5 %d %d 255\n" % (side * scale, side * scale) + pixels)
        picture.flush()
        command = ["zbarimg", "--quiet", "--raw", "-Sbinary", "-Sdisable", "-Sqrcode.enable", picture.name]
        return subprocess.run(command, check=True, capture_output=True).stdout.decode()


def page(text, at):
    shown = [html.unescape(one) for one in re.findall("<code>(.*?)</code>", text)]
    drawn = [zbarimg(one) for one in re.findall("<svg.*?</svg>", text, re.DOTALL)]
    assert drawn == shown, "each code says what stands below it"
    return [uri(one, at) for one in drawn]


def table(text, at):
    rows = csv.DictReader(io.StringIO(text, newline=""))
    return [ours({**row, "tags": None}, at) for row in rows]


# Documents.


def ours(entry, at):
    motp = entry["kind"] == "motp"
    secret = entry["secret"].encode() if motp else b32(entry["secret"])
    number = lambda name: int(entry[name]) if entry[name] not in (None, "") else None
    codes = [entry["algorithm"], number("digits"), number("period"), number("counter")]
    return line(entry["issuer"], entry["label"], entry["kind"], secret, at, *codes, entry["pin"])


def aegis(db, at):
    lines = []
    for entry in db["entries"]:
        info = entry["info"]
        secret = b32(info["secret"])
        if entry["type"] == "motp":
            secret = secret.hex().encode()
        codes = [info["algo"], info["digits"], info.get("period"), info.get("counter"), info.get("pin")]
        lines.append(line(entry["issuer"], entry["name"], entry["type"], secret, at, *codes))
    return lines


def two_fas(services, at):
    lines = []
    for service in services:
        otp = service["otp"]
        codes = [otp["algorithm"], otp["digits"], otp["period"], otp.get("counter")]
        kind = otp["tokenType"].lower()
        lines.append(line(service["name"], otp["account"], kind, b32(service["secret"]), at, *codes))
    return lines


def andotp(entries, at):
    lines = []
    for entry in entries:
        codes = [entry["algorithm"], entry["digits"], entry.get("period"), entry.get("counter")]
        kind, secret = entry["type"].lower(), b32(entry["secret"])
        lines.append(line(entry["issuer"], entry["label"], kind, secret, at, *codes))
    return lines


def stratum(file, at):
    lines = []
    for entry in file["Authenticators"]:
        kind = [None, "hotp", "totp", "motp", "steam", "yandex"][entry["Type"]]
        secret = entry["Secret"].encode() if kind == "motp" else b32(entry["Secret"])
        algorithm = ["SHA1", "SHA256", "SHA512"][entry["Algorithm"]]
        codes = [algorithm, entry["Digits"], entry["Period"], entry["Counter"], entry["Pin"]]
        lines.append(line(entry["Issuer"], entry["Username"], kind, secret, at, *codes))
    return lines


def bare_or_uri(text, issuer, label, at):
    if text.startswith("steam://"):
        return line(issuer, label, "steam", b32(text.removeprefix("steam://")), at)
    return uri(text, at)


def proton(file, at):
    contents = [entry["content"] for entry in file["entries"]]
    return [bare_or_uri(content["uri"], content["name"], "", at) for content in contents]


def bitwarden(file, at):
    lines = []
    for item in file["items"]:
        login = item["login"]
        lines.append(bare_or_uri(login["totp"], item["name"], login["username"], at))
    return lines


def freeotp_plus(file, at):
    lines = []
    for token in file["tokens"]:
        secret = bytes(byte % 256 for byte in token["secret"])
        codes = [token["algo"], token["digits"], token["period"], token["counter"]]
        lines.append(line(token["issuerExt"], token["label"], token["type"].lower(), secret, at, *codes))
    return lines


def google(text, at):
    """Messages described here, field by field; protobuf reads them."""
    types = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(name="migration.proto", syntax="proto2")
    account = file.message_type.add(name="Account")
    kinds = [types.TYPE_BYTES] + 2 * [types.TYPE_STRING] + 4 * [types.TYPE_INT64]
    names = ["secret", "name", "issuer", "algorithm", "digits", "type", "counter"]
    for number, (name, kind) in enumerate(zip(names, kinds), 1):
        account.field.add(name=name, number=number, type=kind, label=types.LABEL_OPTIONAL)
    batch = file.message_type.add(name="Batch")
    batch.field.add(name="accounts", number=1, type=types.TYPE_MESSAGE, type_name="Account", label=types.LABEL_REPEATED)
    for number, name in enumerate(["version", "size", "index", "id"], 2):
        batch.field.add(name=name, number=number, type=types.TYPE_INT32, label=types.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    Batch = message_factory.GetMessageClass(pool.FindMessageTypeByName("Batch"))
    lines = []
    for one in text.splitlines():
        data = parse_qs(urlsplit(one).query)["data"][0]
        for account in Batch.FromString(base64.b64decode(data)).accounts:
            algorithm = [None, "SHA1", "SHA256", "SHA512"][account.algorithm]
            digits, kind = [None, 6, 8][account.digits], [None, "hotp", "totp"][account.type]
            label = account.name.removeprefix(account.issuer + ":")
            codes = [algorithm, digits, 30, account.counter]
            lines.append(line(account.issuer, label, kind, account.secret, at, *codes))
    return lines


# Seals.


def pbkdf2(hash, password, salt, rounds):
    return PBKDF2HMAC(hash, 32, salt, rounds).derive(password)


def argon2id(password, salt, passes, kib, lanes):
    return hash_secret_raw(password, salt, passes, kib, lanes, 32, Type.ID)


def open_aegis(data, password):
    file = json.loads(data)
    slot = file["header"]["slots"][0]
    assert slot["type"] == 1
    key = Scrypt(bytes.fromhex(slot["salt"]), 32, slot["n"], slot["r"], slot["p"]).derive(password)
    gcm = lambda key, params, sealed: AESGCM(key).decrypt(
        bytes.fromhex(params["nonce"]), sealed + bytes.fromhex(params["tag"]), None
    )
    master = gcm(key, slot["key_params"], bytes.fromhex(slot["key"]))
    return gcm(master, file["header"]["params"], base64.b64decode(file["db"]))


def open_two_fas(data, password):
    file = json.loads(data)
    assert file["services"] == [] and file["schemaVersion"] == 4
    parts = [[base64.b64decode(part) for part in file[name].split(":")] for name in ("servicesEncrypted", "reference")]
    texts = []
    for sealed, salt, nonce in parts:
        assert len(salt) == 256
        texts.append(AESGCM(pbkdf2(hashes.SHA256(), password, salt, 10_000)).decrypt(nonce, sealed, None))
    return texts[0]


def open_andotp(data, password):
    [rounds] = struct.unpack(">I", data[:4])
    assert 140_000 <= rounds <= 160_000
    key = pbkdf2(hashes.SHA1(), password, data[4:16], rounds)
    return AESGCM(key).decrypt(data[16:28], data[28:], None)


def open_stratum(data, password):
    assert data[:16] == b"AUTHENTICATORPRO"
    key = argon2id(password, data[16:32], 3, 65_536, 4)
    return AESGCM(key).decrypt(data[32:44], data[44:], None)


def open_ente(data, password):
    file = json.loads(data)
    kdf = file["kdfParams"]
    key = argon2id(password, base64.b64decode(kdf["salt"]), kdf["opsLimit"], kdf["memLimit"] // 1024, 1)
    state = sodium.crypto_secretstream_xchacha20poly1305_state()
    header = base64.b64decode(file["encryptionNonce"])
    sodium.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    sealed = base64.b64decode(file["encryptedData"])
    text, tag = sodium.crypto_secretstream_xchacha20poly1305_pull(state, sealed, None)
    assert tag == sodium.crypto_secretstream_xchacha20poly1305_TAG_FINAL
    return text


def open_proton(data, password):
    file = json.loads(data)
    sealed = base64.b64decode(file["content"])
    key = argon2id(password, base64.b64decode(file["salt"]), 2, 19 * 1024, 1)
    return AESGCM(key).decrypt(sealed[:12], sealed[12:], b"proton.authenticator.export.v1")


def open_bitwarden(data, password):
    file = json.loads(data)
    assert file["encrypted"] and file["passwordProtected"] and file["kdfType"] == 0
    key = pbkdf2(hashes.SHA256(), password, file["salt"].encode(), file["kdfIterations"])
    enc, mac = [HKDFExpand(hashes.SHA256(), 32, info).derive(key) for info in (b"enc", b"mac")]

    def opened(text):
        assert text.startswith("2.")
        iv, sealed, tag = [base64.b64decode(part) for part in text[2:].split("|")]
        check = hmac.HMAC(mac, hashes.SHA256())
        check.update(iv + sealed)
        check.verify(tag)
        decryptor = Cipher(algorithms.AES(enc), modes.CBC(iv)).decryptor()
        unpadder = padding.PKCS7(128).unpadder()
        padded = decryptor.update(sealed) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()

    opened(file["encKeyValidation_DO_NOT_EDIT"])
    return opened(file["data"])


# For each target: the reader of its text, what is read of the plain document, and the opener of its seal.
TEXT = {"otpauth": uri_list, "csv": table, "html": page, "google": google, "ente": uri_list}
DOCUMENTS = {
    "json": (lambda file, at: [ours(entry, at) for entry in file["accounts"]], None),
    "aegis": (aegis, "db"),
    "2fas": (two_fas, "services"),
    "andotp": (andotp, None),
    "stratum": (stratum, None),
    "proton": (proton, None),
    "bitwarden": (bitwarden, None),
    "freeotp-plus": (freeotp_plus, None),
}
SEALS = {
    "aegis": open_aegis,
    "2fas": open_two_fas,
    "andotp": open_andotp,
    "stratum": open_stratum,
    "ente": open_ente,
    "proton": open_proton,
    "bitwarden": open_bitwarden,
}


def read(name, data, password, at):
    target, form = name.split(".")
    if form == "sealed":
        data = SEALS[target](data, password)
    if target in TEXT:
        return TEXT[target](data.decode(), at)
    reader, inner = DOCUMENTS[target]
    file = json.loads(data)
    # What is sealed is the inner part alone.
    return reader(file if inner is None or form == "sealed" else file[inner], at)


def main():
    folder, password, at = sys.argv[1], sys.argv[2].encode(), int(sys.argv[3])
    everything = {}
    for name in sorted(os.listdir(folder)):
        with open(os.path.join(folder, name), "rb") as file:
            everything[name] = read(name, file.read(), password, at)
    json.dump(everything, sys.stdout)


main()
