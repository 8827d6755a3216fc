//! A token of the API's own, in the header that could carry a key.

use super::echo::{Asked, Echo};
use super::{Example, Gateway, Keyward};
use crate::app::Answer;

const TOKEN: &str = "Bearer eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

fn a_token_may_stand_beside_a_key_and_a_key_never_reaches_the_api(example: &Example) {
    let keyward = Keyward::start();
    let echo = Echo::start();
    let gateway = Gateway::start(example, keyward.url(), &echo.url);
    let secret = keyward.key();
    let get = |key: Option<&str>, authorization: &str| -> Answer {
        let request = keyward.owner.client.get(gateway.url("/api/assets"));
        let request = match key {
            Some(key) => request.header("X-API-Key", key),
            None => request,
        };
        let request = request.header("Authorization", authorization);
        request.send().unwrap().into()
    };

    let both = get(Some(&secret), TOKEN);
    assert_eq!(both.status, 200, "{}{}", both.body, gateway.log());
    let reached = Asked::read(&both.body);
    let expected = if example.passes_tokens {
        &[TOKEN][..]
    } else {
        &[]
    };
    assert_eq!(reached.headers("authorization"), expected);
    assert_eq!(reached.headers("x-api-key"), [""; 0]);

    let bearer = format!("Bearer {secret}");
    for (key, authorization) in [
        (None, bearer.as_str()),
        (Some(""), &bearer),
        (Some(secret.as_str()), &bearer),
        (
            Some(&secret),
            &bearer
                .to_lowercase()
                .replace(&secret.to_lowercase(), &secret),
        ),
    ] {
        let passed = get(key, authorization);
        assert_eq!(passed.status, 200, "{authorization}: {}", passed.body);
        let reached = Asked::read(&passed.body);
        assert_eq!(reached.headers("authorization"), [""; 0], "{key:?}");
        assert_eq!(reached.headers("x-api-key"), [""; 0], "{key:?}");
    }

    // A token alone is not a key, and a second key is not a token.
    assert_eq!(get(None, TOKEN).status, 401);
    let (_, other) = keyward.owner.new_key(&[("scopes", "*")]);
    assert_eq!(get(Some(&secret), &format!("Bearer {other}")).status, 400);
}

super::at_every_gateway!(a_token_may_stand_beside_a_key_and_a_key_never_reaches_the_api);
