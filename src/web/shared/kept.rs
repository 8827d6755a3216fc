//! A form that could not be processed: what was typed into it, kept to be sent again.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, ResponseError};
use askama::Template;
use form_urlencoded::Serializer;

use super::links::own_path;
use super::sign_in_link::page_with_form;
use super::{WebError, csrf, page};

/// What is never written into a page again, and has to be typed or opened anew.
const SECRETS: [&str; 5] = ["code", "key", "q", "secret", "text"];
/// What forms send besides what was typed.
const UNTYPED: [&str; 2] = ["version", "seen"];

/// A form that was sent from one of our pages and not processed.
pub struct Kept {
    /// The path it is sent to.
    pub to: String,
    /// The page it was on.
    pub back: String,
    fields: Vec<(String, String)>,
}

/// A field as the page shows it.
pub struct Typed {
    pub words: String,
    pub text: String,
}

impl Kept {
    /// The form that a request brought.
    pub fn sent(req: &HttpRequest, body: &[u8]) -> Option<Self> {
        let back = page_with_form(req).unwrap_or_default();
        Self::read(&req.uri().to_string(), &back, body)
    }

    /// A form as [`written`](Self::written); `None` if its path is none of ours.
    pub fn read(to: &str, back: &str, body: &[u8]) -> Option<Self> {
        let fields = form_urlencoded::parse(body)
            .filter(|(name, _)| name != csrf::FIELD && !SECRETS.contains(&name.as_ref()))
            .map(|(name, value)| match is_password(&name) {
                true => (name.into_owned(), String::new()),
                false => (name.into_owned(), value.into_owned()),
            })
            .collect();
        own_path(to).map(|to| Kept {
            to: to.into(),
            back: own_path(back).unwrap_or("/").into(),
            fields,
        })
    }

    /// The fields in the encoding of forms, without secrets.
    pub fn written(&self) -> String {
        Serializer::new(String::new())
            .extend_pairs(&self.fields)
            .finish()
    }

    /// What was typed, each field once. Never empty if it is worth keeping.
    pub fn typed(&self) -> Vec<Typed> {
        let mut rows: Vec<Typed> = Vec::new();
        let untyped = |name: &str| UNTYPED.contains(&name) || is_password(name);
        let filled = self.fields.iter().filter(|(_, value)| !value.is_empty());
        for (name, value) in filled.filter(|(name, _)| !untyped(name)) {
            let words = in_words(name);
            match rows.last_mut().filter(|row| row.words == words) {
                Some(row) => {
                    row.text.push_str(", ");
                    row.text.push_str(value);
                }
                None => rows.push(Typed {
                    words,
                    text: value.clone(),
                }),
            }
        }
        rows
    }

    fn hidden(&self) -> impl Iterator<Item = &(String, String)> {
        self.fields.iter().filter(|(name, _)| !is_password(name))
    }

    fn passwords(&self) -> impl Iterator<Item = Typed> {
        let named = self.fields.iter().filter(|(name, _)| is_password(name));
        named.map(|(name, _)| Typed {
            words: in_words(name),
            text: name.clone(),
        })
    }
}

fn is_password(name: &str) -> bool {
    name.contains("password")
}

/// The name of a field as a label: "Expires on".
fn in_words(name: &str) -> String {
    if name == "present_password" {
        return "Current password".into();
    }
    let words = name.replace('_', " ");
    let first = words.chars().take(1).flat_map(char::to_uppercase);
    first.chain(words.chars().skip(1)).collect()
}

#[derive(Template)]
#[template(path = "kept.html")]
struct KeptPage<'a> {
    kept: &'a Kept,
    csrf: &'a str,
    email: &'a str,
}

#[derive(Template)]
#[template(path = "kept_dialog.html")]
struct KeptDialog<'a> {
    kept: &'a Kept,
    csrf: &'a str,
    email: &'a str,
}

/// Asks the person with this email, whose session has the token `csrf`, whether to send it again.
pub fn offer(
    is_htmx: bool,
    status: StatusCode,
    kept: &Kept,
    csrf: &str,
    email: &str,
) -> HttpResponse {
    let csrf = match csrf::masked(csrf) {
        Ok(masked) => masked,
        Err(error) => return ResponseError::error_response(&WebError::from(error)),
    };
    let csrf = csrf.as_str();
    if is_htmx {
        let mut response = page::full(status, &KeptDialog { kept, csrf, email });
        page::into_dialog(&mut response);
        return response;
    }
    page::full(status, &KeptPage { kept, csrf, email })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_tokens_are_left_out_and_passwords_are_to_be_typed_again() {
        let body = b"csrf=t&label=A%26B&present_password=p1&q=mk_live_x&code=c&scopes=a&scopes=b";
        let kept = Kept::read("/projects/x/keys", "/", body).unwrap();
        assert_eq!(
            kept.written(),
            "label=A%26B&present_password=&scopes=a&scopes=b"
        );
        let typed: Vec<(String, String)> = kept
            .typed()
            .into_iter()
            .map(|row| (row.words, row.text))
            .collect();
        let row = |words: &str, text: &str| (words.to_owned(), text.to_owned());
        assert_eq!(typed, [row("Label", "A&B"), row("Scopes", "a, b")]);
        assert_eq!(kept.passwords().next().unwrap().words, "Current password");
    }

    #[test]
    fn a_form_is_only_kept_for_a_path_of_ours() {
        for to in ["", "//evil.example", "https://evil.example/", "/\\evil"] {
            assert!(Kept::read(to, "/", b"a=b").is_none(), "{to}");
        }
        let kept = Kept::read("/users", "//evil.example", b"a=b").unwrap();
        assert_eq!(kept.back, "/");
    }
}
