//! Prepares the static files: fetches htmx from npm's registry by its lock file, names each file
//! after its content, compresses it, and writes the constants that `src/web/shared/assets.rs`
//! includes.

use std::fmt::Write as _;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use sha2::{Digest, Sha256};

/// The parts of the style sheet, in the order in which they apply.
const STYLES: &[&str] = &[
    "base", "shell", "page", "controls", "table", "list", "find", "overview", "key", "facts",
    "chart", "listing", "docs", "reveal", "form", "picker", "dialog", "toast", "bare", "kept",
    "widths", "print",
];
/// The parts of the console's script, in the order in which they run.
const SCRIPTS: &[&str] = &[
    "dialog", "toast", "popups", "list", "kept", "failures", "forms", "reveal", "copy", "picker",
    "times",
];

/// The grounds of the favicon; the first is the file's.
const ICON_COLOURS: [&str; 7] = [
    "#0f6b5c", "#1f5fa8", "#7a3f9d", "#9a3b2e", "#56651a", "#39424e", "#8a1f5c",
];

fn main() {
    println!("cargo::rerun-if-changed=static");
    println!("cargo::rerun-if-changed=migrations");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets it"));
    let mut table = String::new();
    for (constant, file, plain, kind, doc) in [
        (
            "APP_CSS",
            "app.css",
            shrunk(&joined("css", STYLES)),
            "text/css; charset=utf-8",
            "The stylesheet of every page.",
        ),
        (
            "APP_JS",
            "app.js",
            joined("js", SCRIPTS),
            "text/javascript; charset=utf-8",
            "The console's own script; pages work without it.",
        ),
    ] {
        let asset = prepare(&out, &plain, file, kind);
        writeln!(table, "/// {doc}\npub const {constant}: Asset = {asset};").expect("memory");
    }
    let plain = fs::read_to_string("static/icon.svg").expect("it is there");
    let icons = ICON_COLOURS.map(|colour| {
        let icon = plain.replace(ICON_COLOURS[0], colour);
        prepare(&out, icon.as_bytes(), "icon.svg", "image/svg+xml")
    });
    let (count, icons) = (icons.len(), icons.join(", "));
    writeln!(
        table,
        "/// The favicon, in a colour for all projects and some to tell projects apart.\n\
         pub const ICONS: [Asset; {count}] = [{icons}];"
    )
    .expect("memory");
    let htmx = match fetch_htmx(&out) {
        Ok(path) => {
            let kind = "text/javascript; charset=utf-8";
            format!("Some({})", prepare(&out, &read(&path), "htmx.js", kind))
        }
        Err(why) => {
            println!("cargo::warning=htmx is left out, pages load whole instead: {why}");
            "None".to_owned()
        }
    };
    let doc = "htmx; `None` if npm could not fetch it, and pages then load whole.";
    writeln!(table, "/// {doc}\npub const HTMX: Option<Asset> = {htmx};").expect("memory");
    fs::write(out.join("assets.rs"), table).expect("OUT_DIR can be written");
}

/// The files `static/<kind>/<part>.<kind>`, one after another.
fn joined(kind: &str, parts: &[&str]) -> Vec<u8> {
    let file = |part: &&str| {
        read(
            &Path::new("static")
                .join(kind)
                .join(format!("{part}.{kind}")),
        )
    };
    parts.iter().map(file).collect::<Vec<_>>().join(&b'\n')
}

/// A style sheet without its comments, and without the spaces that only people need.
fn shrunk(styles: &[u8]) -> Vec<u8> {
    let mut styles = String::from_utf8(styles.to_vec()).expect("UTF-8");
    while let Some(start) = styles.find("/*") {
        let end = styles[start..].find("*/").expect("comments end") + start + 2;
        styles.replace_range(start..end, "");
    }
    let lines = styles
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty());
    let mut shrunk = lines.collect::<Vec<_>>().join("\n");
    for (wide, narrow) in [
        ("; ", ";"),
        (": ", ":"),
        (" {", "{"),
        ("{ ", "{"),
        (" }", "}"),
        (";}", "}"),
    ] {
        shrunk = shrunk.replace(wide, narrow);
    }
    shrunk.into_bytes()
}

fn read(path: &Path) -> Vec<u8> {
    fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Runs `npm ci` on a copy of the lock file and returns the path of htmx.
fn fetch_htmx(out: &Path) -> Result<PathBuf, String> {
    let folder = out.join("npm");
    fs::create_dir_all(&folder).map_err(|error| error.to_string())?;
    for file in ["package.json", "package-lock.json"] {
        fs::copy(Path::new("static").join(file), folder.join(file))
            .map_err(|error| error.to_string())?;
    }
    let output = Command::new("npm")
        .args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ])
        .current_dir(&folder)
        .output()
        .map_err(|error| format!("npm can't be run ({error})"))?;
    if !output.status.success() {
        let message = String::from_utf8_lossy(&output.stderr);
        return Err(format!(
            "npm failed ({})",
            message.lines().next().unwrap_or_default()
        ));
    }
    Ok(folder.join("node_modules/htmx.org/dist/htmx.min.js"))
}

/// Writes the file uncompressed and compressed, and returns its `Asset` as a Rust expression.
fn prepare(out: &Path, plain: &[u8], name: &str, kind: &str) -> String {
    let digest = Sha256::digest(plain);
    let hash: String = digest
        .iter()
        .take(6)
        .map(|byte| format!("{byte:02x}"))
        .collect();
    let (stem, extension) = name.rsplit_once('.').expect("files have extensions");
    let write = |suffix: &str, bytes: &[u8]| {
        let path = out.join(format!("{hash}-{name}{suffix}"));
        fs::write(&path, bytes).expect("OUT_DIR can be written");
        format!("include_bytes!({:?})", path.display().to_string())
    };
    format!(
        "Asset {{ path: \"/static/{stem}.{hash}.{extension}\", kind: {kind:?}, plain: {}, gzip: \
         {}, brotli: {} }}",
        write("", plain),
        write(".gz", &gzip(plain)),
        write(".br", &brotli(plain)),
    )
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(plain).expect("memory");
    encoder.finish().expect("memory")
}

fn brotli(plain: &[u8]) -> Vec<u8> {
    let mut packed = Vec::new();
    let params = brotli::enc::BrotliEncoderParams::default();
    brotli::BrotliCompress(&mut &plain[..], &mut packed, &params).expect("memory");
    packed
}
