//! Native codes: seven digits, ten seconds, a seed for every device.

use authr_crypto::mac;
use authr_crypto::secret::{OtpSecret, RootSeed};
use authr_otp::{Kind, Otp};

use crate::storage::{DeviceId, MatchedStep, UnixSeconds};

/// The length of a step, in seconds.
const STEP_SECONDS: i64 = 10;
/// Steps before the present one that are accepted.
const STEPS_BACK: i64 = 2;
/// Steps after it.
const STEPS_AHEAD: i64 = 1;
/// How many codes of a device are right at a time.
pub const STEPS: u32 = 4;
/// How many digits a code has.
pub const DIGITS: u8 = 7;
/// The length of a step, as devices are told it.
pub const PERIOD: u32 = 10;
/// The length of a seed, in bytes.
pub const SEED_BYTES: usize = 20;

/// `seed(device) = HMAC-SHA256(root seed of (application, user), device || generation u32)[..20]`
///
/// # Panics
/// Never: a seed has a length that a secret may have.
#[must_use]
pub fn seed(root: &RootSeed, device: DeviceId, generation: u32) -> OtpSecret {
    let mut mac = zeroize::Zeroizing::new(mac::hmac_sha256(
        root,
        &[&device.0, &generation.to_be_bytes()],
    ));
    let seed = OtpSecret::new(mac.iter().copied().take(SEED_BYTES).collect());
    zeroize::Zeroize::zeroize(&mut *mac);
    seed.expect("because a secret may have 20 bytes")
}

/// From how many wrong codes in a row on codes of devices are not checked, so that guessing stays hopeless
/// however many codes are right at a time.
#[must_use]
pub fn cap(devices: usize) -> u32 {
    let devices = u32::try_from(devices.max(1)).unwrap_or(u32::MAX);
    (1000 / STEPS.saturating_mul(devices)).min(50)
}

/// Every device and step whose code it is: two devices may show the same digits.
#[must_use]
pub fn matches(
    root: &RootSeed,
    devices: &[(DeviceId, u32)],
    code: &str,
    now: UnixSeconds,
) -> Vec<MatchedStep> {
    let mut matched = Vec::new();
    for (device, generation) in devices {
        let otp = Otp {
            secret: seed(root, *device, *generation),
            kind: Kind::Native,
        };
        for step in -STEPS_BACK..=STEPS_AHEAD {
            let start = now - now.rem_euclid(STEP_SECONDS) + step * STEP_SECONDS;
            let Ok(at) = u64::try_from(start) else {
                continue;
            };
            if otp.code_at(authr_otp::UnixSeconds(at)).matches(code) {
                matched.push(MatchedStep {
                    device: *device,
                    generation: *generation,
                    start,
                });
            }
        }
    }
    matched
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEVICE: DeviceId = DeviceId([7; 16]);

    fn code(root: &RootSeed, device: DeviceId, generation: u32, at: i64) -> String {
        let otp = Otp {
            secret: seed(root, device, generation),
            kind: Kind::Native,
        };
        otp.code_at(authr_otp::UnixSeconds(at.try_into().unwrap()))
            .expose_secret()
            .to_owned()
    }

    #[test]
    fn a_code_is_right_from_one_step_ahead_to_two_behind_and_no_further() {
        let root = RootSeed::new(&[1; 32]);
        let typed = code(&root, DEVICE, 1, 1000);
        for (now, right) in [
            (989, false),
            (990, true),
            (1000, true),
            (1029, true),
            (1030, false),
        ] {
            let matched = matches(&root, &[(DEVICE, 1)], &typed, now);
            assert_eq!(matched.len(), usize::from(right), "at {now}");
            assert!(matched.iter().all(|step| step.start == 1000));
        }
    }

    #[test]
    fn another_device_generation_or_account_has_other_codes() {
        let root = RootSeed::new(&[1; 32]);
        let typed = code(&root, DEVICE, 1, 1000);
        assert_eq!(typed.len(), 7);
        for (root, device, generation) in [
            (RootSeed::new(&[2; 32]), DEVICE, 1),
            (RootSeed::new(&[1; 32]), DeviceId([8; 16]), 1),
            (RootSeed::new(&[1; 32]), DEVICE, 2),
        ] {
            assert!(matches(&root, &[(device, generation)], &typed, 1000).is_empty());
        }
    }

    #[test]
    fn more_devices_mean_fewer_tries() {
        assert_eq!(
            [0, 1, 5, 6, 10, 250, 100_000].map(cap),
            [50, 50, 50, 41, 25, 1, 0]
        );
    }
}
