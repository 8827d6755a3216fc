//! `/docs`: the API, from its OpenAPI document.

mod document;
mod sample;
pub mod show;
