//! What lets a program in: passwords, short-lived tokens and personal tokens.

mod bearer;
mod bounds;
mod limits;
mod session;
mod tokens;

use serde_json::{Value, json};

fn key() -> Value {
    json!({"name": "A"})
}
