//! Passwords for commands: from a file, from standard input, or typed without an echo.

use std::io::{IsTerminal, Read};

use super::Failure;
use crate::domain::passwords::Password;

/// Reads a new password from `file` (`-` is standard input) or, without one, from the terminal.
pub(super) fn read(file: Option<&str>) -> Result<Password, Failure> {
    match file {
        Some("-") => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map_err(|error| Failure::Failed(format!("Standard input: {error}.")))?;
            Ok(first_line(text))
        }
        Some(path) => std::fs::read_to_string(path)
            .map(first_line)
            .map_err(|error| Failure::Failed(format!("{path} can't be read: {error}."))),
        None if std::io::stdin().is_terminal() => prompt(),
        None => {
            let message = "Give the password with --password-file, for instance --password-file -.";
            Err(Failure::Usage(message.into()))
        }
    }
}

fn first_line(text: String) -> Password {
    Password::new(text.lines().next().unwrap_or_default().to_owned())
}

fn prompt() -> Result<Password, Failure> {
    let ask = |words: &str| {
        rpassword::prompt_password(words)
            .map_err(|error| Failure::Failed(format!("The terminal can't be read: {error}.")))
    };
    let typed = ask("Password: ")?;
    if ask("Again: ")? != typed {
        return Err(Failure::Failed("The passwords don't match.".into()));
    }
    Ok(Password::new(typed))
}
