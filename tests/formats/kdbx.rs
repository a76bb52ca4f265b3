//! Writes KeePass databases, from what KeePass publishes of its format.

use std::io::Write;

use aes::Aes256;
use cbc::cipher::{BlockCipherEncrypt, KeyInit, KeyIvInit, StreamCipher};
use chacha20::ChaCha20;
use flate2::Compression;
use flate2::write::GzEncoder;
use salsa20::Salsa20;

use crate::reference::PASSWORD;
use crate::seal::{self, base64};

const SIGNATURE: [u8; 8] = [0x03, 0xd9, 0xa2, 0x9a, 0x67, 0xfb, 0x4b, 0xb5];
const AES_256: [u8; 16] = *b"\x31\xc1\xf2\xe6\xbf\x71\x43\x50\xbe\x58\x05\x21\x6a\xfc\x5a\xff";
const CHACHA20: [u8; 16] = *b"\xd6\x03\x8a\x2b\x8b\x6f\x4c\xb5\xa5\x24\x33\x9a\x31\xdb\xb5\x9a";
const ARGON2D: [u8; 16] = *b"\xef\x63\x6d\xdf\x8c\x29\x44\x4b\x91\xf7\xa9\xa4\x03\xe3\x0a\x0c";
const SEED: [u8; 32] = [0x51; 32];
const STREAM_KEY: [u8; 64] = [0x52; 64];

/// An entry: the path of its group, and its texts.
pub(crate) struct Entry<'a> {
    pub(crate) group: &'a str,
    pub(crate) texts: Vec<(&'a str, String)>,
}

/// The XML; every value under `protect`, in the order of the document.
fn sealed_xml(entries: &[Entry<'_>], protect: &mut dyn FnMut(&mut [u8])) -> String {
    xml(entries, &mut |value| {
        let mut bytes = value.as_bytes().to_vec();
        protect(&mut bytes);
        format!("<Value Protected=\"True\">{}</Value>", base64(&bytes))
    })
}

/// What KeePassXC exports as XML: the values in clear, those that a database would protect marked.
pub(crate) fn export(entries: &[Entry<'_>]) -> String {
    xml(entries, &mut |value| {
        let value = value.replace('&', "&amp;").replace('<', "&lt;");
        format!("<Value ProtectInMemory=\"True\">{value}</Value>")
    })
}

fn xml(entries: &[Entry<'_>], element: &mut dyn FnMut(&str) -> String) -> String {
    let mut text = |(key, value): &(&str, String)| {
        format!("<String><Key>{key}</Key>{}</String>", element(value))
    };
    let mut body = String::new();
    for entry in entries {
        let strings: String = entry.texts.iter().map(&mut text).collect();
        // An old version goes on in the stream, and is no account.
        let old = text(&("otp", "otpauth://totp/old?secret=AAAA".to_owned()));
        let entry_xml = format!("<Entry>{strings}<History><Entry>{old}</Entry></History></Entry>");
        match entry.group {
            "" => body.push_str(&entry_xml),
            "bin" => body.push_str(&format!(
                "<Group><UUID>QklO</UUID><Name>bin</Name>{entry_xml}</Group>"
            )),
            name => body.push_str(&format!(
                "<Group><UUID>x</UUID><Name>{name}</Name>{entry_xml}</Group>"
            )),
        }
    }
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><KeePassFile><Meta><RecycleBinUUID>QklO</RecycleBinUUID></Meta>\
         <Root><Group><UUID>r</UUID><Name>Root &amp; all</Name>{body}</Group></Root></KeePassFile>"
    )
}

pub(crate) fn gzip(content: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(content).unwrap();
    encoder.finish().unwrap()
}

fn composite() -> Vec<u8> {
    seal::sha256(&[&seal::sha256(&[PASSWORD.as_bytes()])])
}

/// Type, length in so many bytes, value.
fn field(kind: u8, width: usize, value: &[u8]) -> Vec<u8> {
    let length = u32::try_from(value.len()).unwrap().to_le_bytes();
    [&[kind], &length[..width], value].concat()
}

/// KDBX 4: Argon2d, ChaCha20 around and inside.
pub(crate) fn four(entries: &[Entry<'_>]) -> Vec<u8> {
    let digest = seal::sha512(&[&STREAM_KEY]);
    let mut stream = ChaCha20::new_from_slices(&digest[..32], &digest[32..44]).unwrap();
    let xml = sealed_xml(entries, &mut |bytes| stream.apply_keystream(bytes));
    let inner = [
        field(1, 4, &3_u32.to_le_bytes()),
        field(2, 4, &STREAM_KEY),
        // An attachment.
        field(3, 4, b"\0x"),
        field(0, 4, &[]),
        xml.into_bytes(),
    ];
    four_around(&gzip(&inner.concat()))
}

/// KDBX 4 around a packed payload, whatever that is.
pub(crate) fn four_around(packed: &[u8]) -> Vec<u8> {
    let salt = [0x53; 32];
    let parameter = |kind: u8, name: &str, value: &[u8]| {
        let length = |bytes: &[u8]| u32::try_from(bytes.len()).unwrap().to_le_bytes();
        let name = name.as_bytes();
        [&[kind], &length(name)[..], name, &length(value), value].concat()
    };
    let kdf = [
        vec![0, 1],
        parameter(0x42, "$UUID", &ARGON2D),
        parameter(0x42, "S", &salt),
        parameter(0x05, "M", &(256_u64 << 10).to_le_bytes()),
        parameter(0x05, "I", &2_u64.to_le_bytes()),
        parameter(0x04, "P", &2_u32.to_le_bytes()),
        parameter(0x04, "V", &0x13_u32.to_le_bytes()),
        vec![0],
    ];
    let iv = [0x54; 12];
    let header = [
        SIGNATURE.to_vec(),
        vec![0, 0, 4, 0],
        field(2, 4, &CHACHA20),
        field(3, 4, &1_u32.to_le_bytes()),
        field(4, 4, &SEED),
        field(7, 4, &iv),
        field(11, 4, &kdf.concat()),
        field(0, 4, b"\r\n\r\n"),
    ]
    .concat();
    let transformed = seal::argon2(argon2::Algorithm::Argon2d, &composite(), &salt, (256, 2, 2));
    let key = seal::sha256(&[&SEED, &transformed]);
    let hmac_key = seal::sha512(&[&SEED, &transformed, &[1]]);
    let mac = |block: u64, message: &[u8]| {
        let key = seal::sha512(&[&block.to_le_bytes(), &hmac_key]);
        seal::hmac(ring::hmac::HMAC_SHA256, &key, message)
    };
    let mut ciphertext = packed.to_vec();
    ChaCha20::new_from_slices(&key, &iv)
        .unwrap()
        .apply_keystream(&mut ciphertext);
    let mut file = [
        &header[..],
        &seal::sha256(&[&header]),
        &mac(u64::MAX, &header),
    ]
    .concat();
    // Blocks of 1000 bytes, and an empty one.
    let blocks = ciphertext.chunks(1_000).chain([&[][..]]);
    for (number, block) in (0_u64..).zip(blocks) {
        let length = u32::try_from(block.len()).unwrap().to_le_bytes();
        let message = [&number.to_le_bytes()[..], &length, block].concat();
        file.extend_from_slice(&[&mac(number, &message)[..], &length, block].concat());
    }
    file
}

/// KDBX 3.1: AES-KDF, AES around and Salsa20 inside.
pub(crate) fn three(entries: &[Entry<'_>]) -> Vec<u8> {
    const ROUNDS: u64 = 1_000;
    let nonce = [0xe8, 0x30, 0x09, 0x4b, 0x97, 0x20, 0x5d, 0x2a];
    let stream_key = &STREAM_KEY[..32];
    let mut stream = Salsa20::new_from_slices(&seal::sha256(&[stream_key]), &nonce).unwrap();
    let packed = gzip(sealed_xml(entries, &mut |bytes| stream.apply_keystream(bytes)).as_bytes());
    let (kdf_seed, iv, start) = ([0x55; 32], [0x56; 16], [0x57; 32]);
    let header = [
        SIGNATURE.to_vec(),
        vec![1, 0, 3, 0],
        field(2, 2, &AES_256),
        field(3, 2, &1_u32.to_le_bytes()),
        field(4, 2, &SEED),
        field(5, 2, &kdf_seed),
        field(6, 2, &ROUNDS.to_le_bytes()),
        field(7, 2, &iv),
        field(8, 2, stream_key),
        field(9, 2, &start),
        field(10, 2, &2_u32.to_le_bytes()),
        field(0, 2, b"\r\n\r\n"),
    ];
    let cipher = Aes256::new_from_slice(&kdf_seed).unwrap();
    let composite = composite();
    let transformed = composite.chunks(16).flat_map(|half| {
        let mut block = half.try_into().unwrap();
        for _ in 0..ROUNDS {
            cipher.encrypt_block(&mut block);
        }
        block.to_vec()
    });
    let transformed = seal::sha256(&[&transformed.collect::<Vec<u8>>()]);
    let key = seal::sha256(&[&SEED, &transformed]);
    let mut plain = start.to_vec();
    let blocks = packed.chunks(500).chain([&[][..]]);
    for (number, block) in (0_u32..).zip(blocks) {
        let hash = match block.is_empty() {
            true => vec![0; 32],
            false => seal::sha256(&[block]),
        };
        let length = u32::try_from(block.len()).unwrap().to_le_bytes();
        plain.extend_from_slice(&[&number.to_le_bytes()[..], &hash, &length, block].concat());
    }
    [header.concat(), seal::cbc(&key, &iv, &plain)].concat()
}
