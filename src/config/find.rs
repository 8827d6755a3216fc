//! Finding the value of every setting.

use std::path::Path;

use zeroize::Zeroizing;

use super::ConfigError;
use super::settings::{FILE, Found, PREFIX, SETTINGS, Setting, Source};

/// Settings given on the command line.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    /// `--listen`, not parsed yet; `None` if it was not given.
    pub listen: Option<String>,
    /// `--database-url`, not parsed yet; `None` if it was not given.
    pub database_url: Option<String>,
}

/// Finds the value of every setting. `flags` override the environment `variables`, which override
/// `keyward.toml` in `folder`, which overrides the default.
///
/// # Errors
/// A setting is unknown or set twice, or a file can't be read.
pub fn find(
    flags: &Flags,
    variables: &[(String, String)],
    folder: &Path,
) -> Result<Vec<Found>, ConfigError> {
    let file = read_file(folder)?;
    refuse_unknown(variables, &file)?;
    SETTINGS
        .iter()
        .map(|setting| find_one(setting, flags, variables, &file))
        .collect()
}

fn find_one(
    setting: &'static Setting,
    flags: &Flags,
    variables: &[(String, String)],
    file: &toml::Table,
) -> Result<Found, ConfigError> {
    let variable = |name: &str| {
        variables
            .iter()
            .find(|(known, _)| known == name)
            .map(|(_, value)| value.trim())
            // Compose files leave what is not set empty.
            .filter(|value| !value.is_empty())
            .map(str::to_owned)
    };
    let flag = match setting.name {
        "listen" => flags.listen.clone(),
        "database_url" => flags.database_url.clone(),
        _ => None,
    };
    let file_variable = format!("{}_FILE", setting.variable);
    let path = variable(&file_variable).filter(|_| setting.secret);
    let in_file = file.get(setting.name).map(toml_text);
    let in_file = in_file.filter(|value| !value.is_empty());
    let (value, source) = if let Some(value) = flag {
        (Some(value.trim().to_owned()), Source::Flag)
    } else if let Some(value) = variable(setting.variable) {
        if path.is_some() {
            return Err(ConfigError::Twice(setting.variable));
        }
        (Some(value), Source::Variable(setting.variable.to_owned()))
    } else if let Some(path) = path {
        let read = std::fs::read_to_string(&path);
        let value = read.map_err(|cause| ConfigError::File {
            variable: file_variable.clone(),
            path,
            cause,
        })?;
        (
            Some(value.trim().to_owned()),
            Source::Variable(file_variable),
        )
    } else if let Some(value) = in_file {
        (Some(value), Source::File)
    } else if let Some(value) = setting.default {
        (Some(value.to_owned()), Source::Default)
    } else if setting.name == "workers" {
        let processors = std::thread::available_parallelism().map_or(2, usize::from);
        (Some(processors.to_string()), Source::Default)
    } else {
        (None, Source::Unset)
    };
    Ok(Found {
        setting,
        value: value.map(Zeroizing::new),
        source,
    })
}

fn read_file(folder: &Path) -> Result<toml::Table, ConfigError> {
    match std::fs::read_to_string(folder.join(FILE)) {
        Ok(text) => text.parse().map_err(|error: toml::de::Error| {
            ConfigError::Toml(error.message().trim_end_matches('.').to_owned())
        }),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(toml::Table::new()),
        Err(error) => Err(ConfigError::Toml(error.to_string())),
    }
}

/// Formats a value as text. A list becomes one string, separated by commas.
fn toml_text(value: &toml::Value) -> String {
    match value {
        toml::Value::String(text) => text.trim().to_owned(),
        toml::Value::Array(items) => items.iter().map(toml_text).collect::<Vec<_>>().join(","),
        other => other.to_string(),
    }
}

fn refuse_unknown(variables: &[(String, String)], file: &toml::Table) -> Result<(), ConfigError> {
    let names = || SETTINGS.iter().map(|setting| setting.name);
    let known = || SETTINGS.iter().map(|setting| setting.variable);
    if let Some(name) = file
        .keys()
        .find(|name| !names().any(|known| known == name.as_str()))
    {
        return Err(ConfigError::Unknown {
            name: name.clone(),
            nearest: nearest(name, names()),
        });
    }
    for (name, _) in variables
        .iter()
        .filter(|(name, _)| name.starts_with(PREFIX))
    {
        let plain = name.strip_suffix("_FILE").unwrap_or(name);
        let setting = SETTINGS.iter().find(|setting| setting.variable == plain);
        if !setting.is_some_and(|setting| plain == name || setting.secret) {
            let nearest = nearest(plain, known());
            return Err(ConfigError::Unknown {
                name: name.clone(),
                nearest,
            });
        }
    }
    Ok(())
}

fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> &'static str {
    known
        .min_by_key(|known| strsim::damerau_levenshtein(name, known))
        .expect("there are settings")
}
