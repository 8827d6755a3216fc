//! The command line of Keyward.

fn main() -> std::process::ExitCode {
    keyward::cli::run()
}
