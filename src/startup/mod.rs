//! Puts an instance together: database, schema, sessions, routes and background threads.

mod database;

use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::Arc;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App, web};
use tracing_actix_web::TracingLogger;

use crate::access::{Actor, Origin};
use crate::clock::Clock;
use crate::config::{Config, ConfigError, ListenAddress};
use crate::db::connection::OpenError;
use crate::db::fitness::Unfit;
use crate::db::instances::Memory;
use crate::db::migrate::MigrateError;
use crate::db::shares::Shares;
use crate::db::{Pool, PoolError, installation};
use crate::domain::audit::chain::note::Signer;
use crate::domain::tokens::JwtKeys;
use crate::domain::{DomainError, Op, account};
use crate::http::TrustedProxies;
use crate::instance_secret::{InstanceSecret, SecretError};
use crate::maintenance::{AuditKeeper, Maintenance};
use crate::server::{self, Limits, ListenError, Listener, Running, Unfinished};
use crate::verify::endpoint::VerifyEndpoint;
use crate::verify::front::Front;
use crate::verify::lease::Moment;
use crate::verify::reader::Reader;
use crate::verify::{Askers, Follower, Known, UsageBuffer, Verifier};
use crate::web::shared::trace::RequestSpan;
use crate::web::shared::{AppState, WebError, compression, demo, headers};
use crate::web::{head, routes};

pub use database::{open_existing, open_up_to_date};

/// An instance that is ready to serve.
pub struct Application {
    server: Running,
    addresses: Vec<ListenAddress>,
    setup_code: Option<String>,
    follower: Follower,
    maintenance: Maintenance,
    unfinished: Unfinished,
}

/// Why an instance can't start. Each message is one sentence.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// A setting is unknown or has an invalid value.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The instance's secret is missing, or can't be read or created.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The database can't be opened or created.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A newer version created the schema, or a migration failed.
    #[error(transparent)]
    Migrate(#[from] MigrateError),
    /// The database is not what Keyward needs.
    #[error(transparent)]
    Unfit(#[from] Unfit),
    /// The database could be opened, but failed afterwards. Holds the cause.
    #[error("The database does not answer: {0}.")]
    Database(String),
    /// The address can't be listened on, for instance because the port is in use.
    #[error("Keyward can't listen on {address}: {cause}.")]
    Listen {
        /// The configured address.
        address: String,
        /// What is in the way.
        cause: ListenError,
    },
    /// The server can't start its threads.
    #[error("The server can't start: {0}.")]
    Server(std::io::Error),
}

impl StartError {
    /// Whether it may pass by itself, because the database is away or locked.
    fn may_pass(&self) -> bool {
        match self {
            StartError::Open(error) => error.may_pass(),
            StartError::Migrate(MigrateError::Unfit(error)) | StartError::Unfit(error) => {
                error.may_pass()
            }
            StartError::Migrate(error) => error.to_string().contains("locked"),
            _ => false,
        }
    }
}

impl From<DomainError> for StartError {
    fn from(error: DomainError) -> Self {
        StartError::Database(error.to_string())
    }
}

impl From<PoolError> for StartError {
    fn from(error: PoolError) -> Self {
        StartError::Database(error.to_string())
    }
}

/// Opens the database, brings its schema up to date, and binds the address.
///
/// # Errors
/// The database or the secret can't be used, or the address can't be bound.
pub fn build(config: &Config, clock: Clock) -> Result<Application, StartError> {
    if config.is_demo {
        demo::mark();
    }
    // First, so that a taken port leaves no new database behind.
    let listeners = config.listen.iter().map(|address| listen(address, config));
    let listeners = listeners.collect::<Result<Vec<_>, _>>()?;
    let addresses = listeners.iter().map(Listener::address);
    let addresses = addresses
        .collect::<Result<_, _>>()
        .map_err(StartError::Server)?;
    let mut conn = database::wait_for(config)?;
    let secret = InstanceSecret::find(config)?;
    let nobody = Actor::nobody(Origin::default());
    let setup_code = account::issue_code(&mut Op::new(&mut conn, &nobody, clock.now()))?;
    let installation = installation::id(&mut conn).map_err(DomainError::from)?;
    drop(conn);

    let known = Arc::new(Known::default());
    known.readiness.wrote(Moment::now());
    let memory = Arc::clone(&known) as Arc<dyn Memory>;
    let shares = Shares::of(config.database_connections);
    let pages = Pool::new(config.database.clone(), shares.pages(), Some(memory));
    let verifying = Pool::new(config.database.clone(), shares.verifying, None);
    let usage = Arc::new(UsageBuffer::default());
    let follower = Follower::start(config.database.clone(), Arc::clone(&known), clock.clone());
    let reader = Reader::new(verifying);
    let askers = web::Data::new(Askers::new(
        reader.clone(),
        clock.clone(),
        Arc::clone(&known),
        config.verify_requires_token,
    ));
    let verifier = web::Data::new(Verifier::new(
        reader,
        clock.clone(),
        known,
        Arc::clone(&usage),
    ));
    let proxies = web::Data::new(TrustedProxies::new(config.trusted_proxies.clone()));
    let cookie_keys = secret.cookie_keys();
    let signer = Arc::new(Signer::new(&installation, &secret));
    let state = web::Data::new(AppState::new(
        pages.clone(),
        clock.clone(),
        JwtKeys::new(secret.jwt_keys()),
        Arc::clone(&signer),
        &cookie_keys[0],
        installation,
        config,
    ));
    let retention = time::Duration::days(config.usage_retention_days.into());
    let last_seen = Arc::clone(&state.last_seen);
    let limited = web::Data::clone(&state);
    let forget_quiet = move || {
        limited.throttle.forget_quiet();
        limited.api_limits.forget_quiet();
    };
    let limits = Limits::of_this_process();
    let unfinished = Unfinished::new(limits.console.clone(), Arc::clone(&usage));
    let audit = AuditKeeper::new(signer, config.audit_retention_days);
    let maintenance = Maintenance::start(
        pages,
        clock,
        usage,
        last_seen,
        forget_quiet,
        retention,
        audit,
    );

    let (places, trusted) = (limits.console.clone(), TrustedProxies::clone(&proxies));
    let make = move || {
        let console = App::new()
            .wrap(from_fn(head::as_get))
            .wrap(from_fn(compression::of_what_is_safe))
            .wrap(headers::defaults(state.is_https()))
            .wrap(TracingLogger::<RequestSpan>::new())
            .app_data(state.clone())
            .app_data(verifier.clone())
            .app_data(askers.clone())
            .app_data(proxies.clone())
            .app_data(
                web::PathConfig::default()
                    .error_handler(|_, _| WebError::from(DomainError::NotFound).into()),
            )
            .app_data(web::QueryConfig::default().error_handler(|_, _| WebError::BadForm.into()))
            .configure(|routes| routes::configure(routes, state.clone(), &cookie_keys));
        let endpoint = Rc::new(VerifyEndpoint::new(
            verifier.clone(),
            askers.clone(),
            proxies.clone(),
        ));
        let front = Front::new(
            Rc::clone(&endpoint),
            TrustedProxies::clone(&proxies),
            places.clone(),
            console,
        );
        (endpoint, front)
    };
    let server = server::start(
        listeners,
        config.workers,
        &limits,
        &trusted,
        unfinished.clone(),
        make,
    )
    .map_err(StartError::Server)?;
    Ok(Application {
        server,
        addresses,
        setup_code,
        follower,
        maintenance,
        unfinished,
    })
}

fn listen(address: &ListenAddress, config: &Config) -> Result<Listener, StartError> {
    Listener::bind(address, &config.socket_access).map_err(|cause| StartError::Listen {
        address: address.to_string().replace("http://", ""),
        cause,
    })
}

impl Application {
    /// Where it listens, with the actual port if port 0 was configured.
    pub fn addresses(&self) -> &[ListenAddress] {
        &self.addresses
    }

    /// The first address and port that it listens on, if there is one.
    pub fn address(&self) -> Option<SocketAddr> {
        self.addresses.iter().find_map(|address| match address {
            ListenAddress::Tcp(address) => Some(*address),
            ListenAddress::Unix(_) => None,
        })
    }

    /// The code that creates the first owner; `None` if there is an owner.
    pub fn setup_code(&self) -> Option<&str> {
        self.setup_code.as_deref()
    }

    /// A handle that stops the instance from elsewhere.
    pub fn handle(&self) -> ServerHandle {
        self.server.handle()
    }

    /// Serves until it is stopped, then finishes open requests and writes out usage.
    ///
    /// # Errors
    /// The server fails.
    pub async fn run(self) -> std::io::Result<()> {
        let served = self.server.run().await;
        self.follower.stop();
        self.maintenance.stop();
        self.unfinished.report();
        served
    }
}
