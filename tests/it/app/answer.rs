//! An answer, and ways to read it.

use reqwest::blocking::Response;
use reqwest::header::HeaderMap;
use scraper::{Html, Selector};

/// An answer, read whole.
#[derive(Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: String,
}

impl Answer {
    pub fn header(&self, name: &str) -> &str {
        self.headers
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> &str {
        self.header("location")
    }

    /// The value of the field with this name.
    pub fn value(&self, name: &str) -> String {
        let selector = Selector::parse(&format!("[name={name}]")).unwrap();
        let page = Html::parse_document(&self.body);
        let field = page.select(&selector).next();
        field
            .and_then(|field| field.value().attr("value"))
            .unwrap_or_default()
            .to_owned()
    }

    /// The text of everything that `css` selects.
    pub fn texts(&self, css: &str) -> Vec<String> {
        let page = Html::parse_document(&self.body);
        page.select(&Selector::parse(css).unwrap())
            .map(|element| {
                let text: String = element.text().collect();
                text.split_whitespace().collect::<Vec<_>>().join(" ")
            })
            .collect()
    }

    /// The text of the first thing that `css` selects.
    pub fn text(&self, css: &str) -> String {
        self.texts(css).into_iter().next().unwrap_or_default()
    }

    /// Where the first link that `css` selects leads.
    pub fn link(&self, css: &str) -> String {
        let page = Html::parse_document(&self.body);
        let selector = Selector::parse(css).unwrap();
        let link = page
            .select(&selector)
            .find_map(|link| link.value().attr("href"));
        link.unwrap_or_else(|| panic!("no {css} in {}", self.body))
            .to_owned()
    }

    /// Where all links that `css` selects lead.
    pub fn links(&self, css: &str) -> Vec<String> {
        self.attributes(css, "href")
    }

    /// An attribute of the first thing that `css` selects.
    pub fn attribute(&self, css: &str, name: &str) -> String {
        let all = self.attributes(css, name).into_iter();
        all.take(1).collect()
    }

    /// An attribute of everything that `css` selects and that has it.
    pub fn attributes(&self, css: &str, name: &str) -> Vec<String> {
        let page = Html::parse_document(&self.body);
        let selector = Selector::parse(css).unwrap();
        page.select(&selector)
            .filter_map(|element| element.value().attr(name).map(str::to_owned))
            .collect()
    }

    /// The secret on a revealed page.
    pub fn secret(&self) -> Option<String> {
        let page = Html::parse_document(&self.body);
        let field = page
            .select(&Selector::parse("[data-secret]").unwrap())
            .next()?;
        Some(field.text().collect::<String>()).filter(|secret| !secret.is_empty())
    }

    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).unwrap_or_default()
    }

    /// The code of a problem; empty for other answers.
    pub fn code(&self) -> String {
        self.json()["code"].as_str().unwrap_or_default().to_owned()
    }
}

impl From<Response> for Answer {
    fn from(response: Response) -> Self {
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answer {
            status,
            headers,
            body: response.text().unwrap(),
        }
    }
}
