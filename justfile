# The commands of everyday work. `just` alone lists them.

_default:
    @just --list --unsorted

# Unit and page tests on SQLite, without browser and gateways: under a minute once built.
quick *filter:
    cargo test --workspace --lib --quiet
    cargo test --test it --quiet -- pages:: permissions:: architecture:: docs:: {{ filter }}

# Everything, as CI runs it: formatting, lints, and every test on both databases.
test:
    .ci/run

# Rebuilds and restarts the server whenever a source file changes. Needs watchexec.
dev *arguments:
    watchexec --restart --watch src --watch crates --watch templates --watch static \
        --watch migrations --watch Cargo.toml -- cargo run -- {{ arguments }}

# The benchmarks: all, or one of `api`, `console` and `verify_http`.
bench *name:
    cargo bench {{ if name == "" { "--benches" } else { "--bench " + name } }}

# Licences, sources, duplicate versions and known vulnerabilities of dependencies. Needs cargo-deny.
deny:
    cargo deny --workspace check
