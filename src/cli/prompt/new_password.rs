//! A password that is about to lock something: typed twice, its strength told, or made here.

use authr_crypto::random::Random;
use authr_crypto::secret::Password;
use zeroize::Zeroizing;
use zxcvbn::{Score, zxcvbn};

use super::Prompt;
use crate::failure::{Failure, Kind};

/// The groups of a generated passphrase: 16 random bits each.
const GROUPS: usize = 5;

/// Why a weak password is refused that would do for a file.
const TOO_WEAK: &str = "It also guards the copy at the server, and must be stronger.";

/// What becomes of a weak password.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Weak {
    /// The person may insist: it locks a file.
    Warned,
    /// It would open a locker too.
    Refused,
}

/// Refuses a password that is too weak for a locker.
pub(crate) fn refuse_weak(password: &Password) -> Result<(), Failure> {
    let estimate = estimate(password.expose_secret());
    if !estimate.weak {
        return Ok(());
    }
    let message = format!(
        "the backups password is {}: it would also guard the copy at the server, and must be stronger",
        estimate.words
    );
    Err(Failure::new(Kind::Failed, message).hint("authr password change"))
}

/// How well a password withstands guessing.
pub(super) struct Estimate {
    pub(super) words: String,
    pub(super) weak: bool,
}

impl Prompt<'_> {
    /// A new password: twice from the keyboard, or generated and accepted.
    pub(super) fn new_password(
        &self,
        question: &str,
        weak: Weak,
        instead: &str,
    ) -> Result<Password, Failure> {
        loop {
            let typed = self.secret(&format!("{question} (Enter makes one)"), instead)?;
            if typed.is_empty() {
                return self.generated_password(instead);
            }
            let estimate = estimate(&typed);
            self.say(&format!("Strength: {}.", estimate.words))?;
            match (estimate.weak, weak) {
                (true, Weak::Refused) => {
                    self.say(TOO_WEAK)?;
                    continue;
                }
                (true, Weak::Warned) if !self.confirm("Use it all the same?")? => continue,
                _ => {}
            }
            let password = Password::new(&typed);
            let again = Password::new(&self.secret("The same again", instead)?);
            if password.ct_eq(&again) {
                return Ok(password);
            }
            self.say("The two differ. Once more.")?;
        }
    }

    /// Shows a generated passphrase once; it is taken when the person says so, or types it.
    fn generated_password(&self, instead: &str) -> Result<Password, Failure> {
        let made = generate(self.random);
        self.say("Write this down now; it is not shown again:\n")?;
        self.say(&Zeroizing::new(format!("\n    {}\n\n", made.as_str())))?;
        let made = Password::new(&made);
        loop {
            let typed = self.secret("Type it, or Enter if it is written down", instead)?;
            if typed.is_empty() || made.ct_eq(&Password::new(typed.trim())) {
                return Ok(made);
            }
            self.say("That is not it. Once more.")?;
        }
    }
}

/// Judges a password by how many guesses it withstands.
pub(super) fn estimate(password: &str) -> Estimate {
    // zxcvbn keeps no copy beyond this call, but does not wipe the ones it makes.
    let entropy = zxcvbn(password, &["authr"]);
    let word = match entropy.score() {
        Score::Zero => "very weak",
        Score::One => "weak",
        Score::Two => "fair, but not good enough",
        Score::Three => "good",
        _ => "very good",
    };
    Estimate {
        words: format!("{word}, about 10^{:.0} guesses", entropy.guesses_log10()),
        weak: entropy.score() < Score::Three,
    }
}

/// Five groups of consonant, vowel, consonant, vowel, consonant: 4 + 2 + 4 + 2 + 4 bits a group, 80 in all.
/// They can be said on the phone and hold no letter that is easily taken for another.
fn generate(random: &dyn Random) -> Zeroizing<String> {
    const CONSONANTS: &[u8; 16] = b"bdfghjklmnprstvz";
    const VOWELS: &[u8; 4] = b"aiou";
    let bits: Zeroizing<[u8; GROUPS * 2]> = Zeroizing::new(random.bytes());
    let mut passphrase = Zeroizing::new(String::with_capacity(GROUPS * 6));
    for (at, group) in bits.chunks_exact(2).enumerate() {
        if at > 0 {
            passphrase.push('-');
        }
        let group = group
            .iter()
            .fold(0, |bits, byte| bits << 8 | usize::from(*byte));
        for (letters, shift) in [
            (CONSONANTS.as_slice(), 12),
            (VOWELS.as_slice(), 10),
            (CONSONANTS.as_slice(), 6),
            (VOWELS.as_slice(), 4),
            (CONSONANTS.as_slice(), 0),
        ] {
            // The number of letters is a power of two, so every letter is as likely.
            passphrase.push(char::from(letters[group >> shift & (letters.len() - 1)]));
        }
    }
    passphrase
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Bytes([u8; 10]);

    impl Random for Bytes {
        fn fill(&self, buffer: &mut [u8]) {
            buffer.copy_from_slice(&self.0);
        }
    }

    #[test]
    fn a_generated_passphrase_shows_each_of_its_80_bits() {
        let made = |bytes| generate(&Bytes(bytes)).to_string();
        let nothing = made([0; 10]);
        assert_eq!(nothing, "babab-babab-babab-babab-babab");
        assert_eq!(made([255; 10]), "zuzuz-zuzuz-zuzuz-zuzuz-zuzuz");
        let mut seen = std::collections::HashSet::from([nothing]);
        for bit in 0..80 {
            let mut bytes = [0; 10];
            bytes[bit / 8] = 1 << (bit % 8);
            assert!(seen.insert(made(bytes)), "bit {bit} is not shown");
        }
    }

    #[test]
    fn a_generated_passphrase_is_never_called_weak() {
        assert!(
            !estimate(&generate(&Bytes([
                0x5a, 3, 9, 0xf1, 7, 0x33, 0x80, 0, 2, 0xee
            ])))
            .weak
        );
    }

    #[test]
    fn a_well_known_password_is_weak_and_the_guesses_say_so() {
        let estimate = estimate("password1");
        assert!(estimate.weak);
        assert_eq!(estimate.words, "very weak, about 10^2 guesses");
    }
}
