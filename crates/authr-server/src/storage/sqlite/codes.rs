//! Codes: what they are checked against, and each used once.

use rusqlite::{Connection, OptionalExtension, params};

use super::*;

pub(super) fn check(
    db: &Connection,
    application: ApplicationId,
    site_id: SiteId,
) -> Result<Option<CodeCheck>, StorageError> {
    let found = db
        .prepare_cached(
            "SELECT a.account, a.seed_sealed, a.failures, t.token, t.code_mac
             FROM accounts a LEFT JOIN tokens t USING (account)
             WHERE a.application = ?1 AND a.site_id = ?2 AND a.removed_at IS NULL",
        )?
        .query_row(params![application, site_id], |row| {
            let token: Option<MessageId> = row.get(3)?;
            let code_mac: Option<[u8; 32]> = row.get(4)?;
            Ok(CodeCheck {
                account: row.get(0)?,
                seed_sealed: row.get(1)?,
                failures: row.get(2)?,
                devices: Vec::new(),
                token: token
                    .zip(code_mac)
                    .map(|(token, code_mac)| SentToken { token, code_mac }),
            })
        })
        .optional()?;
    let Some(mut check) = found else {
        return Ok(None);
    };
    check.devices = devices::holders(db, check.account)?;
    Ok(Some(check))
}

pub(super) fn settle(db: &Connection, attempt: &Attempt) -> Result<Verdict, StorageError> {
    let failures: Option<u32> = db
        .prepare_cached("SELECT failures FROM accounts WHERE account = ?1 AND removed_at IS NULL")?
        .query_row([attempt.account], |row| row.get(0))
        .optional()?;
    let Some(failures) = failures else {
        return Ok(Verdict::Gone);
    };
    let verdict = match matched(db, attempt, failures)? {
        Some(Verdict::Reused) => return Ok(Verdict::Reused),
        Some(accepted) => accepted,
        None => return count_wrong(db, attempt),
    };
    db.prepare_cached(
        "UPDATE accounts SET failures = 0, confirmed_at = coalesce(confirmed_at, ?2) WHERE account = ?1",
    )?
    .execute(params![attempt.account, attempt.now])?;
    Ok(verdict)
}

/// What the code counts as, or `None` when it is wrong.
fn matched(
    db: &Connection,
    attempt: &Attempt,
    failures: u32,
) -> Result<Option<Verdict>, StorageError> {
    let mut reused = false;
    if let Some(token) = attempt.token {
        match use_token(db, attempt, token)? {
            TokenUse::Accepted => return Ok(Some(Verdict::AcceptedToken)),
            TokenUse::UsedBefore => reused = true,
            TokenUse::Dead => {}
        }
    }
    if failures < attempt.cap {
        for step in &attempt.steps {
            match use_step(db, attempt.account, step)? {
                StepUse::Accepted => return Ok(Some(Verdict::AcceptedDevice(step.device))),
                StepUse::UsedBefore => reused = true,
                StepUse::NotHeld => {}
            }
        }
    }
    Ok(reused.then_some(Verdict::Reused))
}

enum TokenUse {
    Accepted,
    UsedBefore,
    Dead,
}

fn use_token(
    db: &Connection,
    attempt: &Attempt,
    token: MessageId,
) -> Result<TokenUse, StorageError> {
    let used = db
        .prepare_cached(
            "UPDATE tokens SET used_at = ?3 WHERE account = ?1 AND token = ?2 AND used_at IS NULL
             AND tries < ?4 AND (expires_at IS NULL OR expires_at > ?3)",
        )?
        .execute(params![
            attempt.account,
            token,
            attempt.now,
            attempt.token_tries
        ])?;
    if used == 1 {
        db.prepare_cached("UPDATE sends SET verified = 1 WHERE message = ?1")?
            .execute([token])?;
        return Ok(TokenUse::Accepted);
    }
    let used_before = db
        .prepare_cached(
            "SELECT 1 FROM tokens WHERE account = ?1 AND token = ?2 AND used_at IS NOT NULL",
        )?
        .exists(params![attempt.account, token])?;
    Ok(if used_before {
        TokenUse::UsedBefore
    } else {
        TokenUse::Dead
    })
}

enum StepUse {
    Accepted,
    UsedBefore,
    NotHeld,
}

/// The guarded statement of one-time use: one of any number of tries changes a row.
fn use_step(
    db: &Connection,
    account: AccountId,
    step: &MatchedStep,
) -> Result<StepUse, StorageError> {
    let accepted = db
        .prepare_cached(
            "UPDATE device_accounts SET last_step = ?4
             WHERE account = ?1 AND device = ?2 AND generation = ?3 AND last_step < ?4
             AND EXISTS (SELECT 1 FROM devices d WHERE d.device = ?2 AND d.removed_at IS NULL)",
        )?
        .execute(params![account, step.device.0, step.generation, step.start])?;
    if accepted == 1 {
        return Ok(StepUse::Accepted);
    }
    let held = db
        .prepare_cached(
            "SELECT 1 FROM device_accounts h JOIN devices d USING (device)
             WHERE h.account = ?1 AND h.device = ?2 AND h.generation = ?3 AND d.removed_at IS NULL",
        )?
        .exists(params![account, step.device.0, step.generation])?;
    Ok(if held {
        StepUse::UsedBefore
    } else {
        StepUse::NotHeld
    })
}

fn count_wrong(db: &Connection, attempt: &Attempt) -> Result<Verdict, StorageError> {
    db.prepare_cached(
        "UPDATE tokens SET tries = tries + 1 WHERE account = ?1 AND used_at IS NULL",
    )?
    .execute([attempt.account])?;
    // The counter stops at a number that no limit reaches.
    let failures = db
        .prepare_cached(
            "UPDATE accounts SET failures = min(failures + 1, 1000000) WHERE account = ?1 RETURNING failures",
        )?
        .query_row([attempt.account], |row| row.get(0))?;
    Ok(Verdict::Wrong { failures })
}
