//! `/login`.

use actix_session::{Session, SessionExt};
use actix_web::http::StatusCode;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::account;
use crate::http::TrustedProxies;
use crate::web::shared::csrf::AnonymousToken;
use crate::web::shared::error::WayOn;
use crate::web::shared::form::Form;
use crate::web::shared::kept::{self, Kept};
use crate::web::shared::links::own_path;
use crate::web::shared::session::{self, SignedIn};
use crate::web::shared::visitor::origin;
use crate::web::shared::{AppState, Visitor, WebError, acting, cookies, guarded_sign_in, page};

/// What the form shows.
#[derive(Default)]
struct LoginView {
    csrf: String,
    email: String,
    next: String,
    failed: bool,
    /// A form was not processed because the session had ended.
    ended: bool,
    /// That form, if something was typed into it.
    kept: Option<Kept>,
    flash: Option<&'static str>,
}

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    login: LoginView,
}

#[derive(Template)]
#[template(path = "login_dialog.html")]
struct LoginDialog {
    login: LoginView,
}

/// Where to go after signing in.
#[derive(Deserialize)]
pub struct LoginQuery {
    #[serde(default)]
    next: String,
    #[serde(default)]
    ended: String,
    /// What was just done.
    #[serde(default)]
    done: String,
}

#[derive(Deserialize)]
pub struct LoginForm {
    email: String,
    password: String,
    #[serde(default)]
    next: String,
    /// The form that came too late: where it goes, and its fields.
    #[serde(default)]
    kept_for: String,
    #[serde(default)]
    kept: String,
}

impl LoginForm {
    fn kept(&self) -> Option<Kept> {
        Kept::read(&self.kept_for, &self.next, self.kept.as_bytes())
    }
}

/// The form. Until there is an owner, nobody can sign in.
pub async fn show(
    req: HttpRequest,
    state: web::Data<AppState>,
    session: Session,
    query: web::Query<LoginQuery>,
) -> Result<HttpResponse, WebError> {
    if SignedIn::read(&session).is_some() {
        return Ok(page::see_other("/"));
    }
    let asking = acting::act_as_nobody(&state, origin(&req), account::is_possible);
    if !asking.await? {
        return Ok(page::see_other("/setup"));
    }
    let token = AnonymousToken::for_browser(&req, &state)?;
    let login = LoginView {
        csrf: token.token.clone(),
        next: own_path(&query.next).unwrap_or("/").to_owned(),
        ended: !query.ended.is_empty(),
        flash: flash(&query.done),
        ..LoginView::default()
    };
    Ok(token.respond(StatusCode::OK, &LoginPage { login }))
}

fn flash(done: &str) -> Option<&'static str> {
    match done {
        "password" => Some("Your password is set. Sign in with it."),
        _ => None,
    }
}

pub async fn submit(
    req: HttpRequest,
    state: web::Data<AppState>,
    proxies: web::Data<TrustedProxies>,
    session: Session,
    Form(fields): Form<LoginForm>,
) -> Result<HttpResponse, WebError> {
    let (kept, next) = (
        fields.kept(),
        own_path(&fields.next).unwrap_or("/").to_owned(),
    );
    let LoginForm {
        email, password, ..
    } = fields;
    let (address, from, typed) = (proxies.client_ip(&req), origin(&req), email.clone());
    let recognised =
        guarded_sign_in::sign_in(&state, address, from.clone(), email, password).await?;
    match recognised {
        Some(person) => {
            session::begin(&session, &person, &from)?;
            let mut response = go_on(&session, kept, &next, &typed);
            cookies::expire_twins(&req, &state.cookies.of_host("session"), &mut response);
            Ok(response)
        }
        None => {
            let token = AnonymousToken::for_browser(&req, &state)?;
            let login = LoginView {
                csrf: token.token.clone(),
                email: typed,
                next,
                failed: true,
                kept,
                ..LoginView::default()
            };
            Ok(token.respond(StatusCode::UNPROCESSABLE_ENTITY, &LoginPage { login }))
        }
    }
}

/// After signing in: on to where the person was going, or back to what they had typed.
fn go_on(session: &Session, kept: Option<Kept>, next: &str, email: &str) -> HttpResponse {
    match (kept, SignedIn::read(session)) {
        (Some(kept), Some(session)) => {
            kept::offer(false, StatusCode::OK, &kept, &session.csrf, email.trim())
        }
        _ => page::see_other(next),
    }
}

/// The form after a form came too late: it takes along what was typed there.
pub fn keeping(req: &HttpRequest, is_htmx: bool, kept: Kept) -> Option<HttpResponse> {
    let state = req.app_data::<web::Data<AppState>>()?;
    let token = AnonymousToken::for_browser(req, state).ok()?;
    let login = LoginView {
        csrf: token.token.clone(),
        next: kept.back.clone(),
        kept: Some(kept),
        ..LoginView::default()
    };
    let status = StatusCode::FORBIDDEN;
    if is_htmx {
        let mut response = token.respond(status, &LoginDialog { login });
        page::into_dialog(&mut response);
        return Some(response);
    }
    Some(token.respond(status, &LoginPage { login }))
}

/// The answer to this form if somebody has signed in in another tab: on, as after signing in here.
/// `None` if nobody has.
pub async fn signed_in_elsewhere(req: &HttpRequest, body: &[u8]) -> Option<HttpResponse> {
    let fields: LoginForm = serde_html_form::from_bytes(body).ok()?;
    match fields.kept() {
        Some(kept) => offer_again(req, false, &kept).await,
        None => {
            SignedIn::read(&req.get_session())?;
            Some(page::see_other(own_path(&fields.next).unwrap_or("/")))
        }
    }
}

/// Asks whoever is signed in by now whether to send it again. `None` if nobody is.
pub async fn offer_again(req: &HttpRequest, is_htmx: bool, kept: &Kept) -> Option<HttpResponse> {
    let visitor = Visitor::extract(req).await.ok()?;
    let naming = visitor.act(|op| Ok(op.actor().name().to_owned()));
    let email = naming.await.ok()?;
    let (status, csrf) = (StatusCode::FORBIDDEN, &visitor.session.csrf);
    Some(kept::offer(is_htmx, status, kept, csrf, &email))
}

/// Where errors of this page lead: after too many attempts, back to it.
pub fn lead_on(_req: &HttpRequest, status: StatusCode) -> Option<WayOn> {
    (status == StatusCode::TOO_MANY_REQUESTS).then(|| WayOn {
        path: "/login".into(),
        words: "Back to sign in",
    })
}
