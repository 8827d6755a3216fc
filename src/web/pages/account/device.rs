//! The name of a browser and its system, in a few words.

/// How a browser appears in its user agent, and its name. The first match counts: most browsers
/// also claim to be some of those below them.
const BROWSERS: [(&str, &str); 13] = [
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("OPR/", "Opera"),
    ("Vivaldi/", "Vivaldi"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("Firefox/", "Firefox"),
    ("FxiOS/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
    ("curl/", "curl"),
    ("Wget/", "Wget"),
];
/// The same for systems: Android claims to be Linux, and an iPhone to be like a Mac.
const SYSTEMS: [(&str, &str); 7] = [
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Windows", "Windows"),
    ("CrOS", "ChromeOS"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
];
/// How many characters are shown of a user agent that names no browser we know.
const SHOWN: usize = 40;

/// What the user agent says: "Firefox on Linux". If it names no browser we know, its beginning is
/// shown.
pub fn in_words(agent: Option<&str>) -> String {
    let Some(agent) = agent.map(str::trim).filter(|agent| !agent.is_empty()) else {
        return "Unknown device".into();
    };
    match (named(agent, &BROWSERS), named(agent, &SYSTEMS)) {
        (Some(browser), Some(system)) => format!("{browser} on {system}"),
        (Some(browser), None) => browser.into(),
        (None, _) => shortened(agent),
    }
}

fn named(agent: &str, names: &[(&str, &'static str)]) -> Option<&'static str> {
    let found = names.iter().find(|(sign, _)| agent.contains(sign));
    found.map(|(_, name)| *name)
}

fn shortened(agent: &str) -> String {
    match agent.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &agent[..end]),
        None => agent.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn common_browsers_are_named_with_their_system() {
        for (agent, expected) in [
            (
                "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0",
                "Firefox on Linux",
            ),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 (KHTML, like Gecko) \
                 Chrome/140.0.0.0 Mobile Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 18_6 like Mac OS X) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/18.6 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            (
                "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 \
                 (KHTML, like Gecko) Version/18.6 Safari/605.1.15",
                "Safari on macOS",
            ),
            ("curl/8.14.1", "curl"),
        ] {
            assert_eq!(in_words(Some(agent)), expected);
        }
    }

    #[test]
    fn what_is_not_known_is_shown_as_it_is() {
        assert_eq!(in_words(Some("job-runner/2.1")), "job-runner/2.1");
        assert_eq!(
            in_words(Some(&"ж".repeat(41))),
            format!("{}…", "ж".repeat(40))
        );
        for nothing in [None, Some(""), Some("  ")] {
            assert_eq!(in_words(nothing), "Unknown device");
        }
    }
}
