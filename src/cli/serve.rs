//! `keyward serve`.

use std::io::{IsTerminal, Write};

use tracing_subscriber::EnvFilter;

use super::{Arguments, Failure, ServeArguments};
use crate::config::Config;
use crate::startup;

/// Serves until the process is asked to stop.
pub(super) fn serve(own: &ServeArguments, arguments: &Arguments) -> Result<(), Failure> {
    let listen = match own.listen.is_empty() {
        true => &arguments.serve.listen,
        false => &own.listen,
    };
    let config = arguments.config(listen)?;
    run(&config, announce)
}

/// Serves with this configuration, once `announce` has said where.
pub(super) fn run(
    config: &Config,
    announce: impl FnOnce(&startup::Application),
) -> Result<(), Failure> {
    // What goes wrong between the HTTP library and a client is nothing that anybody here can mend,
    // and clients could fill the log with it. Whoever looks for it names it in the setting.
    let filter = format!("actix_http=off,{}", config.log);
    let filter = EnvFilter::try_new(filter).map_err(|error| {
        Failure::Failed(format!(
            "log is not a filter such as info or keyward=debug: {error}."
        ))
    })?;
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr)
        .init();
    actix_web::rt::System::new().block_on(async {
        let application = startup::build(config, super::clock())?;
        announce(&application);
        application
            .run()
            .await
            .map_err(|error| Failure::Failed(format!("{error}.")))
    })
}

/// Prints where it listens and, while there is no owner, the setup code. Serving goes on even if
/// standard output is closed.
fn announce(application: &startup::Application) {
    let mut lines = String::new();
    for address in application.addresses() {
        lines.push_str(&format!("listening on {address}\n"));
    }
    if let Some(code) = application.setup_code() {
        let setup = match application.address() {
            Some(address) => format!("http://{address}/setup"),
            None => "/setup".to_owned(),
        };
        lines.push_str(&format!(
            "setup code: {code}\nOpen {setup} and enter it to create the first owner.\n"
        ));
    }
    let mut out = std::io::stdout().lock();
    drop(out.write_all(lines.as_bytes()).and_then(|()| out.flush()));
}
