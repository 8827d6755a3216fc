//! Files that are made piece by piece, so that they need no memory to speak of, however long they are.

use csv::{Terminator, WriterBuilder};
use serde::Serialize;
use strum::{Display, EnumString};

use super::{DomainError, Op};

/// The form of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Display, EnumString)]
#[strum(serialize_all = "lowercase")]
pub enum FileFormat {
    /// Comma-separated values (RFC 4180), which spreadsheets open.
    Csv,
    /// JSON Lines: a JSON object on each line.
    Jsonl,
}

impl FileFormat {
    /// Its media type.
    pub fn media_type(self) -> &'static str {
        match self {
            FileFormat::Csv => "text/csv; charset=utf-8",
            FileFormat::Jsonl => "application/jsonl",
        }
    }
}

/// A file that is being made.
pub trait Pieces: Send + 'static {
    /// The next piece, which may be empty; `None` once the file is complete.
    ///
    /// # Errors
    /// The database fails, or the actor may not go on. What was made so far is not the whole.
    fn next(&mut self, op: &mut Op) -> Result<Option<Vec<u8>>, DomainError>;

    /// How many records are in it so far, and how much is done, in percent.
    fn progress(&self) -> (u64, u64);
}

/// Rows of CSV.
///
/// # Errors
/// None that could be expected.
pub fn csv_lines<const N: usize>(
    rows: impl IntoIterator<Item = [String; N]>,
) -> Result<Vec<u8>, DomainError> {
    let mut writer = WriterBuilder::new()
        .terminator(Terminator::CRLF)
        .from_writer(Vec::new());
    for row in rows {
        writer.write_record(row.map(harmless)).map_err(internal)?;
    }
    writer.into_inner().map_err(internal)
}

/// A cell that no spreadsheet takes for a formula; see
/// <https://owasp.org/www-community/attacks/CSV_Injection>.
fn harmless(cell: String) -> String {
    match cell.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        true => format!("'{cell}"),
        false => cell,
    }
}

/// A line of JSON Lines.
///
/// # Errors
/// None that could be expected.
pub fn json_line(value: &impl Serialize) -> Result<Vec<u8>, DomainError> {
    let mut line = serde_json::to_vec(value).map_err(internal)?;
    line.push(b'\n');
    Ok(line)
}

/// A failure to write text, which only a bug explains.
pub(super) fn internal(error: impl std::fmt::Display) -> DomainError {
    DomainError::Internal(format!("a file could not be written: {error}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_cell_is_a_formula() {
        let cells = [
            "=1+1",
            "+1",
            "-1",
            "@SUM(A1)",
            "\t=1",
            "\r=1",
            "a,b",
            "say \"no\"",
            "ok",
        ];
        let line = csv_lines([cells.map(str::to_owned)]).unwrap();
        assert_eq!(
            String::from_utf8(line).unwrap(),
            "'=1+1,'+1,'-1,'@SUM(A1),'\t=1,\"'\r=1\",\"a,b\",\"say \"\"no\"\"\",ok\r\n"
        );
    }
}
