use keyward::config::PublicUrl;
use keyward::domain::actor::Proof;
use keyward::domain::policy::Role;
use keyward::domain::tokens::{TokenDraft, actor_with_token, create_token_at_once};
use keyward::domain::{Actor, Origin};
use scraper::{Html, Selector};
use time::Duration;

use super::password::choose;
use crate::app::{Answer, Browser, PASSWORD, Settings, TestApp, add_person};

const NOTHING: &[(&str, &str)] = &[];

/// Invites somebody and gives back the path of their link.
pub fn invite(owner: &Browser, email: &str, role: &str, project: &str) -> String {
    let fields = [("email", email), ("role", role), ("project", project)];
    let answer = owner.post("/users", &fields);
    assert_eq!(answer.status, 200, "{}", answer.body);
    path_of_link(owner, &answer)
}

/// The path of the link on the page that shows it.
pub fn path_of_link(owner: &Browser, answer: &Answer) -> String {
    let link = link_on(answer);
    link.strip_prefix(&owner.url).expect("ours").to_owned()
}

fn link_on(answer: &Answer) -> String {
    let page = Html::parse_document(&answer.body);
    let field = page.select(&Selector::parse("#link").unwrap()).next();
    let link = field.and_then(|field| field.value().attr("value"));
    link.expect("a link").to_owned()
}

pub fn id_of(app: &TestApp, email: &str) -> i64 {
    let sql = format!("SELECT id AS number FROM users WHERE email = '{email}'");
    app.database.number(&sql)
}

fn number_of_users(app: &TestApp) -> i64 {
    app.database.number("SELECT count(*) AS number FROM users")
}

/// Makes a personal token for this person, and gives back its id and secret.
fn new_token(app: &TestApp, user: i64) -> (i64, String) {
    let (mut conn, now) = (app.database.connect(), app.clock.now());
    let version = "SELECT version AS number FROM users WHERE id = ";
    let version = app.database.number(&format!("{version}{user}"));
    let proof = Proof::Jwt { version };
    let loaded = Actor::load(&mut conn, user, proof, Origin::default(), now);
    let draft = TokenDraft {
        description: "Nightly report".into(),
        expires_at: Some(now + Duration::days(30)),
        permissions: vec!["keys:read".into()],
        project: None,
    };
    let actor = loaded.unwrap().unwrap();
    let minted = create_token_at_once(&mut conn, &actor, &draft, 365, now).unwrap();
    (minted.token.id, minted.secret.expose().to_owned())
}

fn token_works(app: &TestApp, secret: &str) -> bool {
    let (mut conn, now) = (app.database.connect(), app.clock.now());
    let actor = actor_with_token(&mut conn, secret, Origin::default(), now);
    actor.unwrap().is_some()
}

#[test]
fn the_list_says_who_is_here_and_what_they_may_do() {
    let app = TestApp::start();
    let owner = app.owner();
    assert_eq!(owner.get("/users").text(".head .soft"), "1 person");
    invite(&owner, "ana@example.com", "support", "default");
    app.person(Role::Viewer);
    let viewer = id_of(&app, "viewer@example.com");
    owner.post(&format!("/users/{viewer}/disabling"), &[]);
    let page = owner.get("/users");
    assert_eq!(
        page.text(".head .soft"),
        "3 people · 1 invited · 1 disabled"
    );
    let people = ["ana@example.com", "owner@example.com", "viewer@example.com"];
    assert_eq!(page.texts("td.name"), people);
    assert_eq!(
        page.texts("td[data-th=Roles]"),
        [
            "Support of Default",
            "Owner of all projects",
            "Viewer of Default"
        ]
    );
    assert_eq!(page.texts(".state"), ["Invited", "Active", "Disabled"]);
}

#[test]
fn an_invitation_shows_its_link_once_and_for_whom_it_is() {
    let app = TestApp::start();
    let owner = app.owner();
    let fields = [
        ("email", " Ana@Example.com "),
        ("role", "admin"),
        ("project", "*"),
    ];
    let answer = owner.post("/users", &fields);
    assert_eq!(answer.status, 200);
    let link = link_on(&answer);
    let start = format!("{}/password?code=", app.url);
    let code = link.strip_prefix(&start).unwrap();
    assert!(code.len() >= 43, "{code}");
    assert!(answer.text("main .head").contains("ana@example.com"));
    let told = answer.text(".secret");
    assert!(told.contains("works once and for 24 hours"), "{told}");
    assert!(told.contains("Invited as Admin of all projects."), "{told}");
    assert_eq!(answer.text("label[for=link]"), "Link");
    // Nothing shows it again.
    let id = id_of(&app, "ana@example.com");
    for path in ["/users", &format!("/users/{id}"), "/audit"] {
        let page = owner.get(path);
        assert_eq!(page.status, 200);
        assert!(!page.body.contains(code), "{path}");
    }
    // Until they have chosen a password, nobody comes in as them.
    let attempt = app.anonymous().sign_in("ana@example.com", PASSWORD);
    assert_eq!(attempt.status, 422);
}

#[test]
fn a_link_leads_to_where_browsers_reach_the_console() {
    let app = TestApp::start_with(Settings {
        public_url: Some(PublicUrl {
            https: false,
            origin: "http://keys.example.com".into(),
        }),
        ..Settings::default()
    });
    let fields = [
        ("email", "ana@example.com"),
        ("role", "viewer"),
        ("project", "*"),
    ];
    let link = link_on(&app.owner().post("/users", &fields));
    assert!(link.starts_with("http://keys.example.com/password?code="));
}

#[test]
fn what_is_wrong_with_an_invitation_is_told_beside_it_and_nobody_is_added() {
    let app = TestApp::start();
    let owner = app.owner();
    for (email, role, project, wrong, told) in [
        (
            "ana",
            "viewer",
            "default",
            "email",
            "Write an email address",
        ),
        (
            "owner@example.com",
            "viewer",
            "default",
            "email",
            "Somebody has this email already.",
        ),
        ("ana@example.com", "", "*", "role", "Choose one of these."),
        (
            "ana@example.com",
            "king",
            "*",
            "role",
            "Choose one of these.",
        ),
        (
            "ana@example.com",
            "owner",
            "default",
            "project",
            "Choose All projects for an owner.",
        ),
        (
            "ana@example.com",
            "viewer",
            "nowhere",
            "project",
            "Choose one of these.",
        ),
        (
            "ana@example.com",
            "viewer",
            "",
            "project",
            "Choose one of these.",
        ),
    ] {
        let fields = [("email", email), ("role", role), ("project", project)];
        let answer = owner.post("/users", &fields);
        assert_eq!(answer.status, 422, "{fields:?}");
        let error = answer.text(&format!("#{wrong}-error"));
        assert!(error.starts_with(told), "{fields:?}: {error}");
        assert_eq!(answer.texts(".error").len(), 1, "{fields:?}");
        assert_eq!(answer.value("email"), email);
        assert!(answer.text("[role=alert]").starts_with("Nothing was saved"));
        // Whoever is here already is found among the people.
        let to_people = answer.texts(".field a[href='/users']").len();
        assert_eq!(to_people == 1, email == "owner@example.com", "{fields:?}");
    }
    let fields = [("email", "ana"), ("role", ""), ("project", "nowhere")];
    let answer = owner.post("/users", &fields);
    assert_eq!(answer.texts(".error").len(), 3);
    assert_eq!(number_of_users(&app), 1);
}

#[test]
fn an_invitation_begins_with_one_project_and_no_role() {
    let app = TestApp::start();
    let page = app.owner().get("/users/new");
    assert_eq!(page.texts("#project option[selected]"), ["Default"]);
    let offered = page.texts("#project option");
    assert_eq!(offered, ["Choose one", "All projects", "Default"]);
    assert!(page.texts("#role option[selected]").is_empty());
}

#[test]
fn people_are_for_owners_alone() {
    let app = TestApp::start();
    let admin = app.person(Role::Admin);
    let id = id_of(&app, "admin@example.com");
    let (token, secret) = new_token(&app, id);
    for path in [
        "/users".to_owned(),
        "/users/new".into(),
        format!("/users/{id}"),
        format!("/users/{id}/grants/removal?project=default"),
        format!("/users/{id}/sign-out"),
        format!("/users/{id}/disabling"),
        format!("/users/{id}/tokens/{token}/revocation"),
    ] {
        assert_eq!(admin.get(&path).status, 403, "{path}");
    }
    let invitation = [("email", "x@example.com"), ("role", "admin")];
    assert_eq!(admin.post("/users", &invitation).status, 403);
    let role = [("role", "owner"), ("project", "*")];
    for (path, fields) in [
        (format!("/users/{id}/grants"), &role[..]),
        (format!("/users/{id}/grants/removal"), &role[1..]),
        (format!("/users/{id}/link"), NOTHING),
        (format!("/users/{id}/sign-out"), NOTHING),
        (format!("/users/{id}/disabling"), NOTHING),
        (format!("/users/{id}/enabling"), NOTHING),
        (format!("/users/{id}/tokens/{token}/revocation"), NOTHING),
    ] {
        assert_eq!(admin.post(&path, fields).status, 403, "{path}");
    }
    assert_eq!(number_of_users(&app), 2);
    assert!(token_works(&app, &secret));
}

#[test]
fn disabling_ends_everything_but_the_keys_at_once_and_keeps_out() {
    let app = TestApp::start();
    let owner = app.owner();
    let admin = app.person(Role::Admin);
    let id = id_of(&app, "admin@example.com");
    let (_, token) = new_token(&app, id);
    let (_, key) = admin.new_key(&[]);
    let path = format!("/users/{id}/disabling");
    let page = owner.get(&path);
    assert_eq!(page.text("h1"), "Disable admin@example.com");
    assert!(page.text("main ul").contains("1 personal token"));
    assert_eq!(page.text("main form button"), "Disable person");
    // The way back comes first.
    assert_eq!(page.text("main a, main button"), "Keep them in");
    app.person(Role::Viewer);
    let viewer = id_of(&app, "viewer@example.com");
    let without = owner.get(&format!("/users/{viewer}/disabling"));
    assert!(!without.text("main ul").contains("personal token"));
    // Looking does nothing.
    assert_eq!(admin.get("/projects/default/keys").status, 200);
    assert!(token_works(&app, &token));

    let done = owner.post(&path, &[]);
    assert_eq!(done.location(), format!("/users/{id}?done=disabled"));
    assert_eq!(owner.get(done.location()).text("main .state"), "Disabled");
    assert_eq!(admin.get("/projects/default/keys").status, 303);
    let sql = format!("SELECT count(*) AS number FROM sessions WHERE user_id = {id}");
    assert_eq!(app.database.number(&sql), 0);
    let sign_in = || app.anonymous().sign_in("admin@example.com", PASSWORD);
    assert_eq!(sign_in().status, 422);
    assert!(!token_works(&app, &token));
    assert_eq!(owner.verify(&key).0, 200);
    assert_eq!(owner.get(&path).status, 409);
    assert_eq!(owner.post(&path, &[]).status, 409);
    let link = owner.post(&format!("/users/{id}/link"), &[]);
    assert_eq!(link.status, 409);

    let enabled = owner.post(&format!("/users/{id}/enabling"), &[]);
    assert_eq!(enabled.location(), format!("/users/{id}?done=enabled"));
    assert_eq!(sign_in().status, 303);
    assert_eq!(admin.get("/projects/default/keys").status, 303);
}

#[test]
fn disabling_somebody_who_was_invited_ends_their_link() {
    let app = TestApp::start();
    let owner = app.owner();
    let link = invite(&owner, "ana@example.com", "viewer", "default");
    let id = id_of(&app, "ana@example.com");
    owner.post(&format!("/users/{id}/disabling"), &[]);
    assert_eq!(app.anonymous().get(&link).status, 404);
    let enabled = owner.post(&format!("/users/{id}/enabling"), &[]);
    assert_eq!(app.anonymous().get(&link).status, 404);
    let person = owner.get(enabled.location());
    assert_eq!(
        person.text("[role=status]"),
        "Enabled. They have no password yet: make a new link."
    );
    assert_eq!(person.text("main .state"), "Invited");
    // The pill says it, and nothing else beside it.
    assert!(!person.text("main .head p").contains("invited"));
    let made = owner.post(&format!("/users/{id}/link"), &[]);
    assert!(!made.text(".secret").contains("present password"));
    let link = path_of_link(&owner, &made);
    assert_eq!(choose(&app.anonymous(), &link, PASSWORD).status, 303);
    let enabled = owner.get(&format!("/users/{id}?done=enabled"));
    assert!(
        enabled
            .text("[role=status]")
            .ends_with("the password they had.")
    );
}

#[test]
fn a_link_for_somebody_who_has_a_password_says_that_it_still_works() {
    let app = TestApp::start();
    let owner = app.owner();
    app.person(Role::Viewer);
    let id = id_of(&app, "viewer@example.com");
    let path = format!("/users/{id}/link");
    let told = owner.post(&path, &[]).text(".secret");
    let expected = "Until it is used, their present password works. Earlier links have ended.";
    assert!(told.contains(expected), "{told}");
    // Asking for the page again shows no link, and makes none.
    let before = app.audit_entries();
    let again = owner.get(&path);
    assert_eq!(
        (again.status, again.location()),
        (303, &*format!("/users/{id}"))
    );
    assert_eq!(app.audit_entries(), before);
}

#[test]
fn the_last_owner_who_can_sign_in_stays_one() {
    let app = TestApp::start();
    let owner = app.owner();
    let id = id_of(&app, "owner@example.com");
    // Somebody who has yet to choose a password can't help.
    invite(&owner, "ana@example.com", "owner", "*");
    let demotion = [("role", "viewer"), ("project", "*")];
    let attempts = [
        (format!("/users/{id}/disabling"), NOTHING),
        (format!("/users/{id}/grants"), &demotion[..]),
        (format!("/users/{id}/grants/removal"), &demotion[1..]),
    ];
    for (path, fields) in &attempts {
        let answer = owner.post(path, fields);
        assert_eq!(answer.status, 409, "{path}");
        let told = "owner@example.com is the last owner who can sign in.";
        assert!(answer.body.contains(told), "{path}");
    }
    assert_eq!(owner.get("/users").status, 200);
    // The pages say so before anybody presses anything.
    let pages = [
        format!("/users/{id}/disabling"),
        format!("/users/{id}/grants/removal?project=*"),
    ];
    for path in &pages {
        let page = owner.get(path);
        assert!(
            page.text("main .notice").contains("is the last owner"),
            "{path}"
        );
        assert!(!page.text("main").contains("This is you"), "{path}");
        assert_eq!(page.texts("main form").len(), 0, "{path}");
    }

    add_person(
        &mut app.database.connect(),
        "second@example.com",
        Role::Owner,
        None,
    );
    for path in &pages {
        let page = owner.get(path);
        assert!(
            page.text("main .notice").starts_with("This is you."),
            "{path}"
        );
        assert_eq!(page.texts("main form").len(), 1, "{path}");
    }
    // Once they may go, they are led to what is left to them.
    let (path, fields) = &attempts[1];
    assert_eq!(owner.post(path, fields).location(), "/");
    assert_eq!(owner.get("/users").status, 403);
    let second = app.anonymous().signed_in("second@example.com");
    assert_eq!(second.get("/users").status, 200);
}

#[test]
fn a_role_holds_from_the_next_request() {
    let app = TestApp::start();
    app.other_project();
    let owner = app.owner();
    let admin = app.person(Role::Admin);
    let id = id_of(&app, "admin@example.com");
    let grants = format!("/users/{id}/grants");
    assert_eq!(admin.get("/projects/default/keys/new").status, 200);
    let demotion = [("role", "viewer"), ("project", "default")];
    let done = owner.post(&grants, &demotion);
    assert_eq!(
        done.location(),
        format!("/users/{id}?done=given&project=default")
    );
    assert_eq!(
        owner.get(done.location()).text("[role=status]"),
        "Role given: Viewer of Default. It holds from their next request on."
    );
    assert_eq!(admin.get("/projects/default/keys/new").status, 403);

    assert_eq!(admin.get("/projects/other/keys").status, 404);
    let support = [("role", "support"), ("project", "other")];
    assert_eq!(owner.post(&grants, &support).status, 303);
    assert_eq!(admin.get("/projects/other/keys").status, 200);
    let page = owner.get(&format!("/users/{id}"));
    assert_eq!(page.texts("td.name"), ["Default", "Other"]);
    let selected = page.texts("td[data-th=Role] option[selected]");
    assert_eq!(selected, ["Viewer", "Support"]);
    assert_eq!(
        page.texts("td[data-th=\"Given by\"]"),
        ["owner@example.com"; 2]
    );
    assert_eq!(page.texts("td[data-th=Since] time").len(), 2);

    let done = owner.post(&format!("{grants}/removal"), &[("project", "other")]);
    assert_eq!(done.location(), format!("/users/{id}?done=taken"));
    assert_eq!(admin.get("/projects/other/keys").status, 404);
    let everywhere = [("role", "auditor"), ("project", "*")];
    assert_eq!(owner.post(&grants, &everywhere).status, 303);
    assert_eq!(admin.get("/projects/other/keys").status, 200);
    // The removal of one leaves the other.
    let removal = owner.post(&format!("{grants}/removal"), &[("project", "*")]);
    assert_eq!(removal.status, 303);
    assert_eq!(admin.get("/projects/other/keys").status, 404);
    assert_eq!(admin.get("/projects/default/keys").status, 200);
    let again = owner.post(&format!("{grants}/removal"), &[("project", "*")]);
    assert_eq!(again.status, 404);
}

#[test]
fn a_role_that_can_not_be_is_told_and_what_was_chosen_stays() {
    let app = TestApp::start();
    let owner = app.owner();
    app.person(Role::Viewer);
    let id = id_of(&app, "viewer@example.com");
    let before = app.audit_entries();
    for (role, project, wrong, kept) in [
        ("", "default", "role", "Default"),
        ("owner", "default", "project", "Default"),
        ("admin", "nowhere", "project", "Admin"),
        ("admin", "", "project", "Admin"),
    ] {
        let fields = [("role", role), ("project", project)];
        let answer = owner.post(&format!("/users/{id}/grants"), &fields);
        assert_eq!(answer.status, 422, "{fields:?}");
        assert_eq!(answer.texts(".error").len(), 1, "{fields:?}");
        assert!(!answer.text(&format!("#{wrong}-error")).is_empty());
        let selected = answer.texts("#role option[selected], #project option[selected]");
        assert!(selected.contains(&kept.to_owned()), "{selected:?}");
    }
    assert_eq!(app.audit_entries(), before);
    for path in ["/users/999", "/users/999/disabling", "/users/x"] {
        assert_eq!(owner.get(path).status, 404, "{path}");
    }
}

#[test]
fn ending_the_sessions_of_a_person_leaves_their_password() {
    let app = TestApp::start();
    let owner = app.owner();
    let one = app.person(Role::Viewer);
    let two = app.anonymous().signed_in("viewer@example.com");
    let id = id_of(&app, "viewer@example.com");
    let path = format!("/users/{id}/sign-out");
    assert_eq!(owner.get(&path).status, 200);
    assert_eq!(one.get("/").status, 200);
    let done = owner.post(&path, &[]);
    assert_eq!(done.location(), format!("/users/{id}?done=signed-out"));
    assert_eq!((one.get("/").status, two.get("/").status), (303, 303));
    app.anonymous().signed_in("viewer@example.com");
    assert_eq!(owner.get("/users").status, 200);
}

#[test]
fn a_personal_token_of_somebody_is_seen_and_revoked() {
    let app = TestApp::start();
    let owner = app.owner();
    app.person(Role::Viewer);
    let id = id_of(&app, "viewer@example.com");
    let (token, secret) = new_token(&app, id);
    let person = owner.get(&format!("/users/{id}"));
    let row = format!("#token-{token}");
    let cell = |page: &Answer, css: &str| page.text(&format!("{row} {css}"));
    assert_eq!(cell(&person, ".name"), "Nightly report");
    assert!(secret.starts_with(cell(&person, ".key").trim_end_matches('…')));
    assert_eq!(cell(&person, ".chip"), "keys:read");
    assert_eq!(cell(&person, "[data-th=Project]"), "All projects");
    assert_eq!(cell(&person, ".state"), "Active");
    assert!(!person.body.contains(&secret));

    let path = format!("/users/{id}/tokens/{token}/revocation");
    let page = owner.get(&path);
    assert_eq!(page.text("h1"), "Revoke Nightly report");
    assert!(page.text("main").contains("viewer@example.com"));
    assert!(token_works(&app, &secret));
    // A token under somebody it does not belong to.
    let own = id_of(&app, "owner@example.com");
    let foreign = format!("/users/{own}/tokens/{token}/revocation");
    assert_eq!(owner.get(&foreign).status, 404);
    assert_eq!(owner.post(&foreign, &[]).status, 404);
    assert!(token_works(&app, &secret));

    let done = owner.post(&path, &[]);
    assert_eq!(done.location(), format!("/users/{id}?done=revoked"));
    assert!(!token_works(&app, &secret));
    let person = owner.get(done.location());
    assert_eq!(cell(&person, ".state"), "Revoked");
    assert!(cell(&person, "a").is_empty());
    assert_eq!(owner.get(&path).status, 409);
    assert_eq!(owner.post(&path, &[]).status, 409);
}

#[test]
fn whoever_takes_a_role_away_is_told_first_what_that_ends() {
    let app = TestApp::start();
    let owner = app.owner();
    let support = app.person(Role::Support);
    let id = id_of(&app, "support@example.com");
    let person = owner.get(&format!("/users/{id}"));
    assert_eq!(person.text("td.act a"), "Take away");
    let path = format!("/users/{id}/grants/removal");
    let page = owner.get(&format!("{path}?project=default"));
    assert_eq!(
        page.text("h1"),
        "Take Support away from support@example.com"
    );
    // The way back comes first.
    assert_eq!(page.text("main a, main button"), "Keep it");
    assert!(page.text("main p").ends_with("is Support on Default."));
    assert!(page.texts("main li").contains(&"Revoke keys".to_owned()));
    assert!(!page.text("main").contains("This is you"));
    assert_eq!(page.value("project"), "default");
    // Looking does nothing.
    assert_eq!(support.get("/projects/default/keys").status, 200);
    // What a role on all projects allows as well is not lost.
    let grants = format!("/users/{id}/grants");
    let auditor = [("role", "auditor"), ("project", "*")];
    assert_eq!(owner.post(&grants, &auditor).status, 303);
    let page = owner.get(&format!("{path}?project=default"));
    assert_eq!(page.texts("main li"), ["Revoke keys"]);
    let everywhere = owner.get(&format!("{path}?project=*"));
    assert!(
        everywhere
            .text("main p")
            .ends_with("is Auditor on all projects.")
    );
    for query in ["", "?project=", "?project=nowhere"] {
        assert_eq!(owner.get(&format!("{path}{query}")).status, 404, "{query}");
    }
    let done = owner.post(&path, &[("project", "default")]);
    assert_eq!(done.location(), format!("/users/{id}?done=taken"));
    assert_eq!(owner.get(&format!("{path}?project=default")).status, 404);
}
