//! Short-lived tokens for programs that sign in with email and password: JSON Web Tokens
//! (RFC 7519), signed with HMAC-SHA256.

use jsonwebtoken::{Algorithm, DecodingKey, EncodingKey, Header, Validation, decode, encode};
use serde::{Deserialize, Serialize};

use crate::access::{Origin, Proof};
use crate::clock::{UtcTime, to_micros};
use crate::domain::DomainError;
use crate::domain::actors::{Claim, Recognised};
use crate::domain::lifetimes::SHORT_LIVED_TOKEN;
use crate::domain::tokens::hs256;
use crate::instance_secret::DerivedKey;

/// The only algorithm for signing and reading, whatever a token's header says.
const ALGORITHM: Algorithm = Algorithm::HS256;
const ISSUER: &str = "keyward";

/// The keys that tokens are signed with, the current one first.
pub struct JwtKeys(Vec<DerivedKey>);

#[derive(Serialize, Deserialize)]
struct Claims {
    iss: String,
    /// The person's id.
    sub: String,
    /// The person's version, which rises with everything that must end their tokens.
    ver: i64,
    /// Seconds since 1970.
    iat: i64,
    exp: i64,
}

impl JwtKeys {
    /// Takes keys derived from the instance's secret, the current one first.
    pub fn new(keys: Vec<DerivedKey>) -> Self {
        hs256::install();
        JwtKeys(keys)
    }

    /// A token for a person whose password was right.
    ///
    /// # Errors
    /// Signing failed.
    pub fn issue(&self, person: &Recognised, now: UtcTime) -> Result<String, DomainError> {
        let current = self.0.first().expect("there is a current key");
        let claims = Claims {
            iss: ISSUER.into(),
            sub: person.id.to_string(),
            ver: person.version,
            iat: seconds(now),
            exp: seconds(now + SHORT_LIVED_TOKEN),
        };
        let key = EncodingKey::from_secret(current.bytes.as_ref());
        encode(&Header::new(ALGORITHM), &claims, &key)
            .map_err(|error| DomainError::Internal(error.to_string()))
    }

    /// What this token claims; `None` if it was not issued here or has expired. Checking the claim
    /// shows whether the person has since been disabled or got another role or password.
    pub fn claim(&self, token: &str, origin: Origin, now: UtcTime) -> Option<Claim> {
        let claims = self.read(token, now)?;
        Some(Claim {
            user_id: claims.sub.parse().ok()?,
            proof: Proof::Jwt {
                version: claims.ver,
            },
            origin,
        })
    }

    fn read(&self, token: &str, now: UtcTime) -> Option<Claims> {
        let mut validation = Validation::new(ALGORITHM);
        validation.set_issuer(&[ISSUER]);
        // Times are compared below, with the instance's own clock.
        validation.validate_exp = false;
        let valid = self
            .0
            .iter()
            .filter(|key| key.until.is_none_or(|until| now < until));
        let claims = valid.into_iter().find_map(|key| {
            let key = DecodingKey::from_secret(key.bytes.as_ref());
            decode::<Claims>(token, &key, &validation).ok()
        });
        claims
            .map(|token| token.claims)
            .filter(|claims| seconds(now) < claims.exp)
    }
}

fn seconds(at: UtcTime) -> i64 {
    to_micros(at) / 1_000_000
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use hmac::{Hmac, KeyInit, Mac};
    use sha2::Sha512;
    use time::Duration;
    use time::macros::datetime;
    use zeroize::Zeroizing;

    use super::*;

    const NOW: UtcTime = datetime!(2026-11-21 12:00);

    fn key(byte: u8, until: Option<UtcTime>) -> DerivedKey {
        DerivedKey {
            bytes: Zeroizing::new([byte; 64]),
            until,
        }
    }

    fn issued(keys: &JwtKeys) -> String {
        let person = Recognised {
            id: 7,
            stamp: String::new(),
            version: 3,
        };
        keys.issue(&person, NOW).unwrap()
    }

    #[test]
    fn a_token_is_read_for_fifteen_minutes() {
        let keys = JwtKeys::new(vec![key(1, None)]);
        let token = issued(&keys);
        let claims = keys.read(&token, NOW).unwrap();
        assert_eq!((claims.sub.as_str(), claims.ver), ("7", 3));
        assert!(
            keys.read(&token, NOW + SHORT_LIVED_TOKEN - Duration::SECOND)
                .is_some()
        );
        assert!(keys.read(&token, NOW + SHORT_LIVED_TOKEN).is_none());
    }

    #[test]
    fn the_key_before_counts_until_its_time() {
        let token = issued(&JwtKeys::new(vec![key(1, None)]));
        let until = NOW + Duration::MINUTE;
        let rotated = JwtKeys::new(vec![key(2, None), key(1, Some(until))]);
        assert!(rotated.read(&token, NOW).is_some());
        assert!(rotated.read(&token, until).is_none());
        assert!(JwtKeys::new(vec![key(2, None)]).read(&token, NOW).is_none());
    }

    /// The vector of RFC 7515, appendix A.1: the signature is that of HMAC-SHA256.
    #[test]
    fn signatures_are_those_of_the_standard() {
        hs256::install();
        let key = "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow";
        let key = EncodingKey::from_secret(&URL_SAFE_NO_PAD.decode(key).unwrap());
        let message = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.\
                       eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, ALGORITHM).unwrap();
        assert_eq!(signature, "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
    }

    #[test]
    fn another_algorithm_is_not_taken() {
        let keys = JwtKeys::new(vec![key(1, None)]);
        let token = issued(&keys);
        assert!(keys.read(&token, NOW).is_some());
        let (signed, signature) = token.rsplit_once('.').unwrap();
        let claims = signed.split('.').nth(1).unwrap();
        // `{"alg":"none","typ":"JWT"}`
        let unsigned = format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{claims}.");
        assert!(keys.read(&unsigned, NOW).is_none());
        // `{"alg":"HS512","typ":"JWT"}`, signed as such
        let other = format!("eyJhbGciOiJIUzUxMiIsInR5cCI6IkpXVCJ9.{claims}");
        let mac = Hmac::<Sha512>::new_from_slice(&[1; 64]).unwrap();
        let mac = mac.chain_update(&other).finalize().into_bytes();
        let strange = format!("{other}.{}", URL_SAFE_NO_PAD.encode(mac));
        assert!(keys.read(&strange, NOW).is_none());
        assert!(keys.read(&format!("{other}.{signature}"), NOW).is_none());
    }

    #[test]
    fn a_changed_token_is_not_taken() {
        let keys = JwtKeys::new(vec![key(1, None)]);
        let token = issued(&keys);
        let (signed, signature) = token.rsplit_once('.').unwrap();
        for wrong in ["", "AAAA", &signature[1..]] {
            assert!(keys.read(&format!("{signed}.{wrong}"), NOW).is_none());
        }
    }
}
