use authr_otp::Tag;
use clap::Args;

use super::Invocation;
use super::output::Format;
use crate::app::edit::Edit;
use crate::failure::Failure;

/// Give an account tags, or take them away
#[derive(Debug, Args)]
pub(super) struct ChangeTags {
    /// Issuer, label, issuer:label, or the beginning of an id
    #[arg(value_name = "NAME")]
    account: String,
    /// +TAG gives a tag, -TAG takes it away (behind -- where it looks like an option); without any, the tags are shown
    #[arg(value_name = "+TAG|-TAG", allow_hyphen_values = true, value_parser = change)]
    changes: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Add(Tag),
    Remove(Tag),
}

impl ChangeTags {
    pub(super) fn run(&self, invocation: &Invocation<'_>) -> Result<(), Failure> {
        let mut keeper = invocation.keeper()?;
        let before = keeper.find_one(&self.account)?;
        let (mut add, mut remove) = (Vec::new(), Vec::new());
        for change in &self.changes {
            match change {
                Change::Add(tag) => add.push(tag.clone()),
                Change::Remove(tag) => remove.push(tag.clone()),
            }
        }
        if self.changes.is_empty() && invocation.output.format() == Format::Text {
            let mut tags = before.tags.iter();
            return tags.try_for_each(|tag| invocation.output.line(tag));
        }
        let (id, name) = (before.id, before.name.clone());
        let after = if self.changes.is_empty() {
            before
        } else {
            keeper.edit_one(Edit::Tag { id, add, remove })?
        };
        let note = match after.tags.join(", ").as_str() {
            "" => format!("{name} has no tags."),
            tags => format!("{name} is tagged {tags}."),
        };
        invocation.changed(&after, &note)
    }
}

/// `+work` or `-work`.
fn change(text: &str) -> Result<Change, String> {
    let (make, tag): (fn(Tag) -> Change, &str) = match (text.get(..1), text.get(1..)) {
        (Some("+"), Some(tag)) => (Change::Add, tag),
        (Some("-"), Some(tag)) => (Change::Remove, tag),
        _ => return Err("a change of tags is written +TAG or -TAG".to_owned()),
    };
    match Tag::new(tag) {
        Ok(Some(tag)) => Ok(make(tag)),
        Ok(None) => Err("a tag has at least one letter".to_owned()),
        Err(error) => Err(error.to_string()),
    }
}
