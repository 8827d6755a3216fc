//! `keyward keys pattern`.

use crate::app::TestApp;
use crate::program::command;

/// What gitleaks 8 does with a rule: a file without any of its keywords is passed over, and a
/// match counts if its characters are mixed enough.
struct Scanner {
    keywords: Vec<String>,
    regex: regex::Regex,
    entropy: f64,
}

impl Scanner {
    fn new(toml: &str) -> Self {
        let rules: toml::Table = toml.parse().unwrap();
        let rule = &rules["rules"][0];
        let keywords = rule["keywords"].as_array().unwrap().iter();
        Scanner {
            keywords: keywords
                .map(|word| word.as_str().unwrap().to_lowercase())
                .collect(),
            regex: regex::Regex::new(rule["regex"].as_str().unwrap()).unwrap(),
            entropy: rule["entropy"].as_float().unwrap(),
        }
    }

    fn findings(&self, text: &str) -> Vec<String> {
        let lower = text.to_lowercase();
        if !self.keywords.iter().any(|word| lower.contains(word)) {
            return Vec::new();
        }
        let matches = self
            .regex
            .find_iter(text)
            .map(|found| found.as_str().to_owned());
        matches
            .filter(|found| shannon_entropy(found) > self.entropy)
            .collect()
    }
}

fn shannon_entropy(text: &str) -> f64 {
    let length = text.len() as f64;
    let characters: std::collections::BTreeSet<char> = text.chars().collect();
    let parts = characters
        .iter()
        .map(|c| text.matches(*c).count() as f64 / length);
    parts.map(|part| -part * part.log2()).sum()
}

#[test]
fn scanners_find_keys_by_the_pattern_and_nothing_else() {
    let app = TestApp::start();
    app.database
        .execute(
            "INSERT INTO projects (slug, name, key_start, environment_segment, created_at)
             VALUES ('other', 'Other', 'hkr', FALSE, '2026-01-01 00:00:00')",
        )
        .unwrap();
    let print = |arguments: &[&str]| {
        let mut command = command(app.database.folder(), arguments);
        let output = command
            .env("DATABASE_URL", &app.database.url)
            .output()
            .unwrap();
        assert!(output.status.success());
        String::from_utf8(output.stdout).unwrap()
    };
    let pattern = print(&["keys", "pattern"]);
    assert_eq!(
        pattern.trim(),
        r"\b(?:hkr_|mk_live_|mk_test_)[0-9A-Za-z]{38}\b"
    );
    let scanner = Scanner::new(&print(&["keys", "pattern", "--gitleaks"]));
    assert_eq!(scanner.regex.as_str(), pattern.trim());
    let (_, live) = app.owner().new_key(&[]);
    let (_, test) = app.owner().new_key(&[("environment", "test")]);
    let other = keyward_key::KeyFormat {
        start: "hkr".into(),
        environment_segment: false,
    };
    let other = other.generate(keyward_key::Environment::Live).unwrap();
    for (file, found) in [
        (format!("API_KEY={live}\n"), vec![live.as_str()]),
        (
            format!("curl -H 'X-API-Key: {test}' https://x"),
            vec![test.as_str()],
        ),
        (
            format!("{{\"a\":\"{live}\",\"b\":\"{}\"}}", other.expose()),
            vec![live.as_str(), other.expose()],
        ),
        // One letter too many or too few, another start, a placeholder, only the prefix.
        (format!("{live}x"), vec![]),
        (live[..live.len() - 1].to_owned(), vec![]),
        (live.replace("mk_live", "sk_live"), vec![]),
        (format!("mk_live_{}", "x".repeat(38)), vec![]),
        (format!("See {}… in the console", &live[..14]), vec![]),
    ] {
        assert_eq!(scanner.findings(&file), found, "{file}");
    }
}
