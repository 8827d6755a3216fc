//! `/login`.

use actix_session::Session;
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::account;
use crate::http::TrustedProxies;
use crate::web::shared::csrf::AnonymousToken;
use crate::web::shared::error::WayOn;
use crate::web::shared::form::Form;
use crate::web::shared::links::own_path;
use crate::web::shared::session::{self, SignedIn};
use crate::web::shared::visitor::origin;
use crate::web::shared::{AppState, WebError, acting, cookies, guarded_sign_in, page};

#[derive(Template)]
#[template(path = "login.html")]
struct LoginPage {
    csrf: String,
    email: String,
    next: String,
    failed: bool,
    /// A form was not processed because the session had ended.
    ended: bool,
    flash: Option<&'static str>,
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
    let page = LoginPage {
        csrf: token.token.clone(),
        email: String::new(),
        next: own_path(&query.next).unwrap_or("/").to_owned(),
        failed: false,
        ended: !query.ended.is_empty(),
        flash: flash(&query.done),
    };
    Ok(token.respond(StatusCode::OK, &page))
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
    let LoginForm {
        email,
        password,
        next,
    } = fields;
    let (address, from, typed) = (proxies.client_ip(&req), origin(&req), email.clone());
    let recognised =
        guarded_sign_in::sign_in(&state, address, from.clone(), email, password).await?;
    let next = own_path(&next).unwrap_or("/").to_owned();
    match recognised {
        Some(person) => {
            session::begin(&session, &person, &from)?;
            let mut response = page::see_other(&next);
            cookies::expire_twins(&req, &state.cookies.of_host("session"), &mut response);
            Ok(response)
        }
        None => {
            let token = AnonymousToken::for_browser(&req, &state)?;
            let csrf = token.token.clone();
            let page = LoginPage {
                csrf,
                email: typed,
                next,
                failed: true,
                ended: false,
                flash: None,
            };
            Ok(token.respond(StatusCode::UNPROCESSABLE_ENTITY, &page))
        }
    }
}

/// Where errors of this page lead: after too many attempts, back to it.
pub fn lead_on(_req: &HttpRequest, status: StatusCode) -> Option<WayOn> {
    (status == StatusCode::TOO_MANY_REQUESTS).then(|| WayOn {
        path: "/login".into(),
        words: "Back to sign in",
    })
}
