//! The middleware and the extractor.

use std::future::{Ready, ready};
use std::rc::Rc;
use std::sync::Arc;

use actix_web::body::EitherBody;
use actix_web::dev::{Payload, Service, ServiceRequest, ServiceResponse, Transform, forward_ready};
use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{Error, FromRequest, HttpMessage, HttpRequest, HttpResponse, error};
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use keyward_key::scope::Granted;
use keyward_key::verdict::{self, Outcome, Presented, Requirement};
use keyward_key::{Environment, scope};
use percent_encoding::percent_decode_str;
use reqwest::Client;

use crate::ask;
use crate::headers::{CONSUMER, ENVIRONMENT, KEY_ID, LABEL, PROJECT, SCOPES};
use crate::problem::{Problem, status_of};

/// The key that a request was made with. An argument of handlers behind a [`Guard`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApiKey {
    /// The key's id in Keyward.
    pub id: i64,
    /// What people call it.
    pub label: String,
    /// The slug of its project.
    pub project: String,
    /// What it is for: live requests or tests.
    pub environment: Environment,
    /// What it carries; `*` is every scope.
    pub scopes: Vec<String>,
    /// Who calls with it, for instance a customer's id; `None` if Keyward was not told.
    pub consumer: Option<String>,
}

impl FromRequest for ApiKey {
    type Error = Error;
    type Future = Ready<Result<Self, Error>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let key = req.extensions().get::<ApiKey>().cloned();
        ready(key.ok_or_else(|| error::ErrorInternalServerError("no guard before this handler")))
    }
}

/// Decides which keys may pass. Make one for each worker, in the application's factory: everything
/// made from it shares its open connections.
#[derive(Clone)]
pub struct Guard {
    source: Source,
    /// What every request has to meet, as a query.
    common: Vec<(&'static str, String)>,
}

/// Who decides on the key of a request.
#[derive(Clone)]
enum Source {
    /// Keyward, at this URL.
    Keyward {
        client: Client,
        /// The address of its `/verify`.
        verify: String,
        /// A personal token, where Keyward answers nobody without one.
        token: Option<HeaderValue>,
    },
    /// A gateway that has asked Keyward.
    Gateway,
}

impl Guard {
    /// Asks the Keyward at `url`, for instance `http://127.0.0.1:8080`. Keyward gets the peer's
    /// address in `X-Forwarded-For`, and believes it if this service is one of its trusted proxies.
    ///
    /// ```
    /// use actix_web::{App, HttpRequest, HttpResponse, HttpServer, test, web};
    /// use keyward_guard::{ApiKey, Guard};
    ///
    /// /// Stands in for a Keyward that knows one key.
    /// async fn verify(req: HttpRequest) -> HttpResponse {
    ///     match req.headers().get("x-api-key") {
    ///         Some(key) if key == "mk_live_x" => HttpResponse::Ok()
    ///             .insert_header(("x-keyward-key-id", "7"))
    ///             .insert_header(("x-keyward-project", "default"))
    ///             .insert_header(("x-keyward-environment", "live"))
    ///             .insert_header(("x-keyward-scopes", "read:assets"))
    ///             .insert_header(("x-keyward-label", "Production%20Backend"))
    ///             .insert_header(("x-keyward-consumer", "tenant-42"))
    ///             .finish(),
    ///         _ => HttpResponse::Unauthorized().finish(),
    ///     }
    /// }
    ///
    /// # #[actix_web::main]
    /// # async fn main() -> std::io::Result<()> {
    /// let keyward = HttpServer::new(|| App::new().route("/verify", web::to(verify)))
    ///     .workers(1)
    ///     .bind("127.0.0.1:0")?;
    /// let guard = Guard::new(&format!("http://{}", keyward.addrs()[0]));
    /// actix_web::rt::spawn(keyward.run());
    ///
    /// let list = web::get().to(async |key: ApiKey| key.label);
    /// let app = App::new().route("/assets", list.wrap(guard.one_of(["read:assets"])));
    /// let app = test::init_service(app).await;
    /// let asking = test::TestRequest::get().uri("/assets");
    /// let asking = asking.insert_header(("x-api-key", "mk_live_x")).to_request();
    /// assert_eq!(test::call_and_read_body(&app, asking).await, "Production Backend");
    /// let asking = test::TestRequest::get().uri("/assets").to_request();
    /// assert_eq!(test::call_service(&app, asking).await.status(), 401);
    /// # Ok(())
    /// # }
    /// ```
    pub fn new(url: &str) -> Self {
        let verify = format!("{}/verify", url.trim_end_matches('/'));
        Guard {
            source: Source::Keyward {
                client: ask::client(),
                verify,
                token: None,
            },
            common: Vec::new(),
        }
    }

    /// Trusts the identity headers of a gateway that has asked Keyward. Only for a service that
    /// nobody can reach except through that gateway. Only the gateway knows which scopes include
    /// others; here a key must list the scope itself, or all scopes.
    ///
    /// ```
    /// use actix_web::{App, test, web};
    /// use keyward_guard::{ApiKey, Guard};
    ///
    /// # #[actix_web::main]
    /// # async fn main() {
    /// let guard = Guard::behind_gateway().of_project("default");
    /// let list = web::get().to(async |key: ApiKey| key.id.to_string());
    /// let app = test::init_service(App::new().route("/", list.wrap(guard.any()))).await;
    /// let asking = test::TestRequest::get()
    ///     .insert_header(("x-keyward-key-id", "7"))
    ///     .insert_header(("x-keyward-project", "default"))
    ///     .insert_header(("x-keyward-environment", "live"))
    ///     .insert_header(("x-keyward-scopes", ""))
    ///     .insert_header(("x-keyward-label", ""))
    ///     .to_request();
    /// assert_eq!(test::call_and_read_body(&app, asking).await, "7");
    /// # }
    /// ```
    pub fn behind_gateway() -> Self {
        Guard {
            source: Source::Gateway,
            common: Vec::new(),
        }
    }

    /// Asks with this personal token of Keyward, which has the permission `keys:verify`. Needed where
    /// Keyward's setting `verify_requires_token` is on. A guard behind a gateway asks nobody.
    ///
    /// # Panics
    /// If the text can't be in a header, as no token is.
    pub fn with_token(mut self, token: &str) -> Self {
        if let Source::Keyward { token: own, .. } = &mut self.source {
            let mut value = HeaderValue::from_str(token).expect("a token is plain text");
            value.set_sensitive(true);
            *own = Some(value);
        }
        self
    }

    /// Accepts only keys of this project.
    pub fn of_project(self, slug: &str) -> Self {
        self.with("project", slug.to_owned())
    }

    /// Accepts only keys of this environment.
    pub fn in_environment(self, environment: Environment) -> Self {
        self.with("environment", environment.to_string())
    }

    fn with(mut self, name: &'static str, value: String) -> Self {
        self.common.retain(|(known, _)| *known != name);
        self.common.push((name, value));
        self
    }

    /// Lets every valid key through.
    pub fn any(&self) -> Guarded {
        self.asking(&[], false)
    }

    /// Lets keys through that have at least one of these scopes.
    ///
    /// # Panics
    /// If there are no scopes: that would let every key through.
    pub fn one_of<const N: usize>(&self, scopes: [&str; N]) -> Guarded {
        assert!(N > 0, "name a scope, or let any key through");
        self.asking(&scopes, false)
    }

    /// Lets keys through that have all of these scopes.
    pub fn all_of<const N: usize>(&self, scopes: [&str; N]) -> Guarded {
        self.asking(&scopes, true)
    }

    fn asking(&self, scopes: &[&str], all: bool) -> Guarded {
        Guarded(Rc::new(match &self.source {
            Source::Keyward {
                client,
                verify,
                token,
            } => {
                let mut query = form_urlencoded::Serializer::new(String::new());
                query.extend_pairs(&self.common);
                query.extend_pairs(scopes.iter().map(|scope| ("scope", scope)));
                if all {
                    query.append_pair("all", "1");
                }
                Question::Keyward {
                    client: client.clone(),
                    url: format!("{verify}?{}", query.finish()),
                    token: token.clone(),
                }
            }
            Source::Gateway => Question::Gateway {
                required: Requirement {
                    project: self.common("project").map(str::to_owned),
                    environment: self
                        .common("environment")
                        .and_then(|name| name.parse().ok()),
                    scopes: scopes.iter().map(|scope| (*scope).to_owned()).collect(),
                    all,
                },
            },
        }))
    }

    fn common(&self, wanted: &str) -> Option<&str> {
        let found = self.common.iter().find(|(name, _)| *name == wanted);
        found.map(|(_, value)| value.as_str())
    }
}

/// The middleware that a [`Guard`] makes.
pub struct Guarded(Rc<Question>);

enum Question {
    Keyward {
        client: Client,
        url: String,
        token: Option<HeaderValue>,
    },
    Gateway {
        required: Requirement,
    },
}

impl Question {
    /// The key, if it may pass; else the answer to the client.
    async fn ask(&self, req: &ServiceRequest) -> Result<ApiKey, HttpResponse> {
        match self {
            Question::Keyward { client, url, token } => {
                ask::keyward(client, url, token.as_ref(), req).await
            }
            Question::Gateway { required } => believe_gateway(req, required),
        }
    }
}

/// The key that a gateway says `req` was made with.
#[expect(clippy::result_large_err, reason = "refusals are as common as keys")]
fn believe_gateway(req: &ServiceRequest, required: &Requirement) -> Result<ApiKey, HttpResponse> {
    let refused = |outcome: Outcome| {
        Problem::new(None, status_of(outcome), outcome.code(), outcome.detail()).respond()
    };
    let key = identity(req.headers()).ok_or_else(|| refused(Outcome::Missing))?;
    let presented = Presented {
        project: &key.project,
        environment: key.environment,
        granted: &Granted::resolve(key.scopes.iter().map(String::as_str), &Arc::default()),
        allowed_ips: &[],
        expired: false,
        revoked: false,
    };
    match verdict::decide(&presented, required, None) {
        Outcome::Valid => Ok(key),
        refusal => Err(refused(refusal)),
    }
}

/// Reads the identity headers, each of which must be there exactly once. A server that says yes
/// without them is not Keyward. Only the consumer may be missing: gateways drop empty headers.
pub(crate) fn identity(headers: &HeaderMap) -> Option<ApiKey> {
    let text = |name: HeaderName| {
        let mut values = headers.get_all(name);
        let only = values.next().filter(|_| values.next().is_none());
        only?.to_str().ok()
    };
    let decoded = |text: &str| percent_decode_str(text).decode_utf8_lossy().into_owned();
    let consumer = match headers.contains_key(CONSUMER) {
        true => Some(text(CONSUMER)?).filter(|consumer| !consumer.is_empty()),
        false => None,
    };
    Some(ApiKey {
        id: text(KEY_ID)?.parse().ok()?,
        label: decoded(text(LABEL)?),
        consumer: consumer.map(decoded),
        project: text(PROJECT)?.to_owned(),
        environment: text(ENVIRONMENT)?.parse().ok()?,
        scopes: scope::split(text(SCOPES)?),
    })
}

impl<S, B> Transform<S, ServiceRequest> for Guarded
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Transform = GuardedService<S>;
    type InitError = ();
    type Future = Ready<Result<Self::Transform, ()>>;

    fn new_transform(&self, service: S) -> Self::Future {
        ready(Ok(GuardedService {
            question: Rc::clone(&self.0),
            service: Rc::new(service),
        }))
    }
}

/// A service behind a guard.
pub struct GuardedService<S> {
    question: Rc<Question>,
    service: Rc<S>,
}

impl<S, B> Service<ServiceRequest> for GuardedService<S>
where
    S: Service<ServiceRequest, Response = ServiceResponse<B>, Error = Error> + 'static,
    B: 'static,
{
    type Response = ServiceResponse<EitherBody<B>>;
    type Error = Error;
    type Future = LocalBoxFuture<'static, Result<Self::Response, Error>>;

    forward_ready!(service);

    fn call(&self, req: ServiceRequest) -> Self::Future {
        let (question, service) = (Rc::clone(&self.question), Rc::clone(&self.service));
        async move {
            match question.ask(&req).await {
                Ok(key) => {
                    req.extensions_mut().insert(key);
                    Ok(service.call(req).await?.map_into_left_body())
                }
                Err(refusal) => Ok(req.into_response(refusal).map_into_right_body()),
            }
        }
        .boxed_local()
    }
}
